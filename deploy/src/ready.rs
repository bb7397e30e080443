//! Asking a part whether it is ready, in the protocol that its clients will use.
//!
//! Asking over the network and not by a vendor's tool works the same for a private instance, a
//! container and a server elsewhere, and costs milliseconds where `rabbitmq-diagnostics` takes
//! seconds.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::postgres_client;

/// A healthy part answers within a few milliseconds, a busy one within this.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// What proves that a part can be used.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// Postgres takes a connection and answers a statement.
    Postgres { url: String },
    /// Redis answers `PING`.
    Redis { port: u16 },
    /// RabbitMQ greets a client. It opens its listeners last, when everything else has started.
    Amqp { port: u16 },
    /// Something takes connections.
    Listens { port: u16 },
    /// The path answers 200.
    Http { address: SocketAddr, path: &'static str },
}

impl Ready {
    /// Asks once.
    pub(crate) async fn holds(&self) -> bool {
        timeout(ANSWER_LIMIT, self.ask()).await.unwrap_or(false)
    }

    async fn ask(&self) -> bool {
        match self {
            Self::Postgres { url } => postgres_client::answers(url).await,
            Self::Redis { port } => talk(local(*port), b"PING\r\n")
                .await
                .is_ok_and(|answer| answer.starts_with(b"+PONG")),
            Self::Amqp { port } => amqp_greeting(*port).await.is_ok(),
            Self::Listens { port } => TcpStream::connect(local(*port)).await.is_ok(),
            Self::Http { address, path } => {
                http_status(*address, path).await.is_ok_and(|s| s == 200)
            }
        }
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Sends some bytes and returns the first ones that come back.
async fn talk(address: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await?;
    answer.truncate(length);
    Ok(answer)
}

/// RabbitMQ's `connection.start`, which also tells its version.
async fn amqp_greeting(port: u16) -> io::Result<Vec<u8>> {
    let greeting = talk(local(port), b"AMQP\x00\x00\x09\x01").await?;
    // A method frame on channel 0. Anything else is no AMQP 0-9-1 broker.
    if greeting.starts_with(&[1, 0, 0]) { Ok(greeting) } else { Err(io::Error::other("no AMQP")) }
}

/// The version of the broker on this port, such as `3.10.8`.
pub(crate) async fn rabbitmq_version(port: u16) -> Option<String> {
    let greeting = timeout(ANSWER_LIMIT, amqp_greeting(port)).await.ok()?.ok()?;
    version_in(&greeting)
}

/// Finds the server property `version` (a long string: `S` and four bytes of length).
fn version_in(greeting: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\x07versionS";
    let at = greeting.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let (length, rest) = greeting.get(at..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    String::from_utf8(rest.get(..length)?.to_vec()).ok()
}

/// The status with which a path is answered.
async fn http_status(address: SocketAddr, path: &str) -> io::Result<u16> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = talk(address, request.as_bytes()).await?;
    let line = String::from_utf8_lossy(&answer);
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other("no HTTP answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_version(greeting: &[u8], expected: Option<&str>) {
        assert_eq!(version_in(greeting).as_deref(), expected);
    }

    #[test]
    fn finds_the_brokers_version() {
        check_version(b"..\x07versionS\x00\x00\x00\x063.10.8\x08platform", Some("3.10.8"));
        check_version(b"..\x07versionS\x00\x00\xff\x063.10.8", None);
        check_version(b"..\x07versionS\x00", None);
        check_version(b"", None);
    }
}
