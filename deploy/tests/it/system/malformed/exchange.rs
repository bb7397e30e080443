//! Sends a row's bytes as they are, and reads what comes back.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use super::row::{After, Row};

/// The longest that a service may take: its patience with a slow client is 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(45);

/// An answer from the wire.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends the row to `host:port` and reads the first answer.
pub(crate) async fn send(address: &str, row: &Row) -> Answer {
    send_bytes(address, &row.name, &row.bytes, row.after).await
}

/// Sends bytes to `host:port` and reads the first answer.
pub(crate) async fn send_bytes(address: &str, name: &str, bytes: &[u8], after: After) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, writing) = stream.into_split();
    let reading = async {
        let mut text = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reading.read(&mut buffer).await {
                // A service that hangs up on what it refused may reset the connection.
                Ok(0) | Err(_) => return answer(&text).unwrap_or_default(),
                Ok(read) => text.extend_from_slice(&buffer[..read]),
            }
            if let Some(answer) = answer(&text) {
                return answer;
            }
        }
    };
    let exchange = async {
        tokio::select! {
            answer = reading => answer,
            never = write(writing, bytes, after) => match never {},
        }
    };
    let answered = tokio::time::timeout(TIMEOUT, exchange).await;
    answered.unwrap_or_else(|_| panic!("{name}: no answer in time"))
}

/// Sends and keeps the connection until the answer is there. What can't be sent was not wanted.
async fn write(
    mut writing: OwnedWriteHalf,
    bytes: &[u8],
    after: After,
) -> std::convert::Infallible {
    let mut sent = writing.write_all(bytes).await.is_ok();
    if after == After::End {
        sent &= writing.shutdown().await.is_ok();
    }
    while sent && after == After::Drip {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sent = writing.write_all(b" ").await.is_ok();
    }
    std::future::pending().await
}

/// The first whole answer, `100 Continue` aside.
fn answer(text: &[u8]) -> Option<Answer> {
    let end = text.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(text[..end].to_vec()).unwrap();
    if head.starts_with("HTTP/1.1 100") {
        return answer(&text[end..]);
    }
    let status = head.split(' ').nth(1)?.parse().unwrap();
    let mut answer = Answer { status, head, body: Value::Null };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body = serde_json::from_slice(text.get(end..end + length)?).unwrap_or_default();
    Some(answer)
}
