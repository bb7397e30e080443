//! Listeners of the live feed, who count what they hear and look at nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// The listeners; they leave with this.
#[derive(Debug, Default)]
pub struct Listeners {
    tasks: JoinSet<()>,
    messages: Arc<AtomicU64>,
}

impl Listeners {
    /// Connects so many listeners to a service such as `http://127.0.0.1:8082`, every other one by
    /// WebSocket, the rest by server-sent events.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn connect(&mut self, service: &str, key: &str, number: u64) -> anyhow::Result<()> {
        let authority = service.trim_start_matches("http://");
        for listener in 0..number {
            let stream = TcpStream::connect(authority).await.context("cannot reach the service")?;
            let messages = Arc::clone(&self.messages);
            if listener % 2 == 0 {
                self.by_web_socket(stream, (authority, key), messages).await?;
            } else {
                self.by_events(stream, (authority, key), messages).await?;
            }
        }
        Ok(())
    }

    async fn by_web_socket(
        &mut self,
        stream: TcpStream,
        (authority, key): (&str, &str),
        messages: Arc<AtomicU64>,
    ) -> anyhow::Result<()> {
        let mut request = format!("ws://{authority}/api/live").into_client_request()?;
        request.headers_mut().insert("x-api-key", key.parse()?);
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        self.tasks.spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                messages
                    .fetch_add(u64::from(matches!(message, Message::Text(_))), Ordering::Relaxed);
            }
        });
        Ok(())
    }

    async fn by_events(
        &mut self,
        mut stream: TcpStream,
        (authority, key): (&str, &str),
        messages: Arc<AtomicU64>,
    ) -> anyhow::Result<()> {
        let request =
            format!("GET /api/live HTTP/1.1\r\nhost: {authority}\r\nx-api-key: {key}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = vec![0; 16 << 10];
        let read = stream.read(&mut buffer).await?;
        ensure!(buffer.starts_with(b"HTTP/1.1 200 "), "a listener was refused");
        let mut last = buffer.get(..read).and_then(|read| read.last().copied());
        self.tasks.spawn(async move {
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                // A message ends with two line feeds.
                let mut ends = 0;
                for byte in buffer.iter().take(read) {
                    ends += u64::from((last, *byte) == (Some(b'\n'), b'\n'));
                    last = Some(*byte);
                }
                messages.fetch_add(ends, Ordering::Relaxed);
            }
        });
        Ok(())
    }

    /// Messages heard so far, by all together.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// How many are still connected.
    pub fn connected(&mut self) -> usize {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.len()
    }
}
