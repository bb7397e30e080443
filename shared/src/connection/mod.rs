//! One HTTP connection of a service: its bounds, its end, and that every answer on it has the form of
//! all others, those of the HTTP parser included.
//!
//! Accepting connections and counting them is the services' own business.

mod own_answer;
mod request_body;

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

pub use self::request_body::RequestBody;

use self::own_answer::Answering;

/// How long the rest of a refused request is waited for, and how much of it is read: a client that is
/// still sending when the connection closes would never see the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 1 << 20;

/// What one connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For a request's head, waiting for its first byte included.
    pub head_time: Duration,
    /// For the request line and the headers together.
    pub head_bytes: usize,
}

/// Serves one connection until it ends, or is handed to whoever answered a request with `101`. When the
/// token is cancelled, the request under way is finished and none is taken after it.
pub async fn serve<T, S, B>(stream: T, bounds: Bounds, service: S, stop: CancellationToken)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_header_size(bounds.head_bytes)
        .max_buf_size(bounds.head_bytes)
        .serve_connection(Answering::new(TokioIo::new(stream)), service)
        .with_upgrades();
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let Err(error) = ended else { return };
    tracing::debug!(%error, "a connection failed");
    let Some(parts) = connection.into_parts() else { return };
    let stream = parts.io.into_inner().into_inner();
    let last = match &error {
        // A connection on which nothing was begun is idle, and its client expects no answer.
        late if late.is_timeout() && parts.read_buf.is_empty() => return,
        late if late.is_timeout() => own_answer::too_slow(),
        // The one kind of bytes that hyper leaves unanswered.
        error if error.is_parse_version_h2() => own_answer::refusal(StatusCode::BAD_REQUEST),
        // Answered on the way.
        error if error.is_parse() => Bytes::new(),
        _ => return,
    };
    if let Ok(Err(error)) = tokio::time::timeout(LINGER, end(stream, &last)).await {
        tracing::debug!(%error, "a client was gone before its answer");
    }
}

/// Writes the last bytes of a connection and reads what its client is still sending.
async fn end<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T, last: &[u8]) -> std::io::Result<()> {
    stream.write_all(last).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(LINGER_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::service::service_fn;
    use tokio::io::DuplexStream;

    use super::*;
    use crate::api::{ApiError, Code};
    use crate::config::Environment;

    const BOUNDS: Bounds = Bounds { head_time: Duration::from_secs(5), head_bytes: 16 << 10 };
    const GOOD: &str = "GET /there HTTP/1.1\r\n\r\n";

    /// A served connection; every request is answered 404 with the id `served`.
    fn connect() -> (DuplexStream, CancellationToken) {
        let (client, server) = tokio::io::duplex(1 << 10);
        let service = service_fn(async |_request| {
            let error = ApiError::new(Code::NotFound, "There is nothing at this path");
            let response = error.into_response::<Vec<u8>>(Environment::Production, "served");
            Ok::<_, Infallible>(response.map(String::from_utf8).map(Result::unwrap_or_default))
        });
        let stop = CancellationToken::new();
        drop(crate::lifecycle::spawn(serve(server, BOUNDS, service, stop.clone())));
        (client, stop)
    }

    /// The fields that the answers to some bytes name, or their ids where they name none.
    async fn answers(sent: &[u8]) -> Vec<String> {
        let (mut client, _stop) = connect();
        let (mut reading, mut writing) = tokio::io::split(&mut client);
        let mut text = String::new();
        let (read, _written) =
            tokio::join!(reading.read_to_string(&mut text), writing.write_all(sent));
        read.unwrap();
        let bodies = text.split("\r\n\r\n").skip(1).map(|rest| {
            let json = rest.split("HTTP/1.1").next().unwrap_or_default();
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        });
        bodies
            .map(|body| {
                let field = &body["details"]["errors"][0]["field"];
                field.as_str().or(body["request_id"].as_str()).unwrap_or_default().to_owned()
            })
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_http_is_refused_in_the_failure_form() {
        for sent in [
            &b"nonsense\r\n\r\n"[..],
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            assert_eq!(answers(sent).await, ["request"], "{sent:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101));
        assert_eq!(answers(many.as_bytes()).await, ["headers"]);
        let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(200_000));
        assert_eq!(answers(long.as_bytes()).await, ["headers"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_answers_before_it_stay_as_they_are() {
        assert_eq!(
            answers(format!("{GOOD}{GOOD}nonsense\r\n\r\n").as_bytes()).await,
            ["served", "served", "request"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_is_answered_and_an_idle_connection_closed() {
        let (mut client, _stop) = connect();
        client.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.contains(r#""code":"REQUEST_TIMEOUT""#), "{answer}");

        let (mut client, _stop) = connect();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "");
    }

    #[tokio::test]
    async fn who_sends_on_after_a_refusal_sees_the_answer() {
        let (client, server) = tokio::io::duplex(1 << 10);
        let service = service_fn(async |request: Request<Incoming>| {
            drop(RequestBody::new(request.into_body()));
            Ok::<_, Infallible>(Response::new(String::from("refused")))
        });
        drop(crate::lifecycle::spawn(serve(server, BOUNDS, service, CancellationToken::new())));
        let (mut reading, mut writing) = tokio::io::split(client);
        let body = vec![b'x'; 1 << 20];
        let head = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
        writing.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        let (read, written) =
            tokio::join!(reading.read_exact(&mut answer), writing.write_all(&body));
        read.unwrap();
        written.unwrap();
        assert_eq!(answer, b"HTTP/1.1 200");
        // The connection serves the next request, too.
        writing.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut rest = Vec::new();
        while !rest.ends_with(b"refused") || !rest.windows(8).any(|part| part == b"HTTP/1.1") {
            assert_ne!(reading.read_buf(&mut rest).await.unwrap(), 0, "closed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_when_it_is_told_to() {
        let (mut client, stop) = connect();
        stop.cancel();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "");
    }
}
