//! A closed loop: on each connection an envelope, its answer, the next envelope. So a service gets exactly as
//! much as it can answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::bodies::Bodies;
use crate::load::tally::Latencies;

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer to an envelope is an id.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Where a project takes envelopes.
#[derive(Debug, Clone)]
pub struct Door {
    port: u16,
    path: Uri,
    /// The header by which SDKs give the public key of a DSN.
    auth: HeaderValue,
}

impl Door {
    /// The door of a project, by its number and its public key, on a port of this machine.
    ///
    /// # Errors
    /// When the key can't be sent.
    pub fn new(port: u16, project: u32, key: &str) -> Result<Self, http::Error> {
        let client = "sentry_version=7, sentry_client=sentry.python/2.75.0";
        let auth = HeaderValue::try_from(format!("Sentry {client}, sentry_key={key}"))?;
        let path = Uri::try_from(format!("/api/{project}/envelope/"))?;
        Ok(Self { port, path, auth })
    }
}

/// How much is sent.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// No request is begun after this.
    pub duration: Duration,
}

/// What became of it.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Envelopes answered with success.
    pub accepted: u64,
    /// Other answers, by their status.
    pub refused: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub failed: u64,
    /// From the moment a request could be sent, connecting included, to the end of its answer.
    pub latencies: Latencies,
}

/// A request has no answer.
struct NoAnswer;

/// Sends until the time is over or nothing is left to send, and waits for the last answers.
pub async fn drive(door: &Door, bodies: &Bodies, load: Load) -> Sent {
    let end = Instant::now() + load.duration;
    let sent = Mutex::default();
    join_all((0..load.connections).map(|_| lane(door, bodies, end, &sent))).await;
    sent.into_inner().unwrap_or_else(PoisonError::into_inner)
}

async fn lane(door: &Door, bodies: &Bodies, end: Instant, sent: &Mutex<Sent>) {
    let mut connection = None;
    while Instant::now() < end
        && let Some(body) = bodies.take()
    {
        let begun = Instant::now();
        let answer = timeout(PATIENCE, exchange(door, &mut connection, body)).await;
        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(Ok(status)) if status.is_success() => {
                sent.accepted += 1;
                sent.latencies.record(begun.elapsed());
            }
            Ok(Ok(status)) => *sent.refused.entry(status.as_u16()).or_default() += 1,
            // What follows on a connection after a timeout would be the answer to the request given up; both
            // ways `exchange` has not put the connection back.
            Ok(Err(_)) | Err(_) => sent.failed += 1,
        }
    }
}

impl Sent {
    /// Requests that were not taken.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.failed + self.refused.values().sum::<u64>()
    }
}

/// A connection, and the task that reads and writes on it.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<()>,
}

/// One request and its answer. The connection is kept unless the service closes it, as SDKs do.
async fn exchange(
    door: &Door,
    kept: &mut Option<Connection>,
    body: Bytes,
) -> Result<StatusCode, NoAnswer> {
    let mut connection = match kept.take() {
        Some(connection) if !connection.sender.is_closed() => connection,
        _ => connect(door).await?,
    };
    connection.sender.ready().await.map_err(|_| NoAnswer)?;
    let answer = connection.sender.send_request(request(door, body)).await;
    let answer = answer.map_err(|_| NoAnswer)?;
    let (status, closes) = (answer.status(), closes(answer.headers()));
    Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await.map_err(|_| NoAnswer)?;
    *kept = Some(connection).filter(|_| !closes);
    Ok(status)
}

async fn connect(door: &Door) -> Result<Connection, NoAnswer> {
    let stream = TcpStream::connect(("127.0.0.1", door.port)).await.map_err(|_| NoAnswer)?;
    stream.set_nodelay(true).map_err(|_| NoAnswer)?;
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| NoAnswer)?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // The request that suffers from it reports the failure.
        let _broken = connection.await;
    });
    Ok(Connection { sender, _driver: driver })
}

/// What an SDK sends with an envelope.
fn request(door: &Door, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    request.uri_mut().clone_from(&door.path);
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope"));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert("x-sentry-auth", door.auth.clone());
    request
}

fn closes(headers: &HeaderMap) -> bool {
    headers.get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::sdk::{Envelopes, Size};

    /// Answers every request with this, one for each connection.
    async fn answer(listener: TcpListener, answer: &'static [u8]) {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 64 << 10];
            let _length = stream.read(&mut request).await;
            let _sent = stream.write_all(answer).await;
            open.push(stream);
        }
    }

    async fn check(text: &'static [u8], accepted: u64, refused: &[(u16, u64)], failed: u64) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut serving = JoinSet::new();
        serving.spawn(answer(listener, text));
        let envelopes = Envelopes { size: Size::Small, errors: 1, at: String::new() };
        let bodies = Bodies::make(&envelopes, 5).unwrap();
        let load = Load { connections: 2, duration: Duration::from_secs(60) };
        let sent = drive(&Door::new(port, 1, "key").unwrap(), &bodies, load).await;
        assert_eq!((sent.accepted, sent.failed), (accepted, failed));
        assert_eq!(sent.refused.into_iter().collect::<Vec<_>>(), refused);
        assert_eq!(sent.latencies.count(), accepted);
    }

    #[tokio::test]
    async fn a_service_that_closes_connections_gets_new_ones() {
        check(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}", 5, &[], 0)
            .await;
    }

    #[tokio::test]
    async fn what_is_refused_or_not_answered_is_told() {
        let busy = b"HTTP/1.1 429 Too Many\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        check(busy, 0, &[(429, 5)], 0).await;
        check(b"no HTTP\r\n\r\n", 0, &[], 5).await;
    }
}
