//! How long reads take: one client that asks one question after the other.
//!
//! Each question is asked with Redis emptied before every request, so that the answer is computed, and
//! then again and again without, so that it is remembered. What is stored is not made here.

pub mod bars;
pub mod page;
mod questions;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::load::tally::Latencies;
pub use questions::{Ids, Question, all};

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(30);

/// What a question took.
#[derive(Debug)]
pub struct Figures {
    /// What was asked.
    pub name: &'static str,
    /// Computed.
    pub cold: Latencies,
    /// From the cache; none for what is not cached.
    pub cached: Option<Latencies>,
}

/// Who asks: one connection to the service, one to the cache that it uses.
#[derive(Debug)]
pub struct Reader {
    authority: String,
    key: String,
    sender: SendRequest<Empty<Bytes>>,
    redis: TcpStream,
    // Ends with the connection.
    _driver: JoinSet<()>,
}

impl Reader {
    /// Connects to a service such as `http://127.0.0.1:8082` and to a Redis such as
    /// `redis://127.0.0.1:6379`.
    ///
    /// # Errors
    /// When either does not answer.
    pub async fn connect(service: &str, redis: &str, key: &str) -> anyhow::Result<Self> {
        let authority = service.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&authority).await.context("cannot reach the service")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The request that suffers from it reports the failure.
            let _broken = connection.await;
        });
        let redis = redis.trim_start_matches("redis://").split('/').next().unwrap_or_default();
        let redis = TcpStream::connect(redis).await.context("cannot reach Redis")?;
        Ok(Self { authority, key: key.to_owned(), sender, redis, _driver: driver })
    }

    /// Measures a question, so often each way.
    ///
    /// # Errors
    /// When an answer is not 200, or comes from the cache when it must not, or the other way round.
    pub async fn measure(&mut self, question: &Question, times: u64) -> anyhow::Result<Figures> {
        let name = question.name;
        let mut cold = Latencies::default();
        let mut is_cached = false;
        for number in 0..times {
            self.forget().await?;
            let (took, cache) = self.ask(&question.path(number)).await.context(name)?;
            ensure!(cache.as_deref() != Some("hit"), "{name} came from the cache");
            is_cached = cache.is_some();
            cold.record(took);
        }
        let cached = if is_cached { Some(self.remembered(question, times).await?) } else { None };
        Ok(Figures { name, cold, cached })
    }

    async fn remembered(&mut self, question: &Question, times: u64) -> anyhow::Result<Latencies> {
        let mut latencies = Latencies::default();
        let path = question.path(0);
        self.ask(&path).await?;
        while latencies.count() < times {
            let (took, cache) = self.ask(&path).await?;
            ensure!(cache.as_deref() != Some("bypass"), "{} went past the cache", question.name);
            // An answer may have outlived its time to live; it is computed once.
            if cache.as_deref() == Some("hit") {
                latencies.record(took);
            }
        }
        Ok(latencies)
    }

    /// Asks once; how long it took comes back with what `X-Cache` said.
    async fn ask(&mut self, path: &str) -> anyhow::Result<(Duration, Option<String>)> {
        let request = Request::get(path)
            .header(HOST, &self.authority)
            .header("x-api-key", &self.key)
            .body(Empty::new())?;
        let begun = Instant::now();
        let answer = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>((head, body))
        };
        let (head, body) = timeout(LIMIT, answer).await.context("no answer in time")??;
        let took = begun.elapsed();
        ensure!(head.status == 200, "{path}: {} {}", head.status, String::from_utf8_lossy(&body));
        let cache = head.headers.get("x-cache").and_then(|value| value.to_str().ok());
        Ok((took, cache.map(str::to_owned)))
    }

    /// Empties Redis.
    async fn forget(&mut self) -> anyhow::Result<()> {
        self.redis.write_all(b"FLUSHALL\r\n").await?;
        let mut answer = [0; 5];
        timeout(LIMIT, self.redis.read_exact(&mut answer)).await.context("Redis is silent")??;
        ensure!(&answer == b"+OK\r\n", "Redis did not forget");
        Ok(())
    }
}
