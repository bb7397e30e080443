//! The answers that the HTTP parser gives by itself, put into the failure form.
//!
//! hyper answers bytes that it can't parse without asking the service: a status line, no body, no
//! request id. There is no hook for it, so its answer is replaced on its way to the socket. It is told
//! from an answer of the service by what it lacks: a service's answers have headers of their own
//! (`X-Request-Id` on every one), hyper's has none but length, connection and date. It is always the
//! last of a connection and ends its write, and begins it or follows an answer's end. No client can
//! make a service write one: bodies are JSON, metrics or events of JSON, and none holds a bare CR; one in
//! chunks ends with a line that no answer of hyper's has; and the one text of a client's among the
//! headers, the `X-Request-Id`, holds no space, which a status line does.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::{Response, StatusCode};
use hyper::rt::{Read, ReadBufCursor, Write};
use serde_json::json;

use crate::api::{self, ApiError, Code, FieldError, FieldErrorKind, X_REQUEST_ID};
use crate::config::Environment;

/// An answer of hyper's own is shorter than this.
const LONGEST: usize = 256;

/// How a status line begins. A client that spoke HTTP/1.0 before is answered in kind.
const VERSIONS: [&[u8]; 2] = [b"HTTP/1.1 ", b"HTTP/1.0 "];

/// The lines that hyper writes into an answer of its own.
const OWN_LINES: [&[u8]; 3] = [b"content-length: 0", b"connection: close", b"date: "];

/// A connection's bytes, with hyper's own answers in the failure form.
#[derive(Debug)]
pub(super) struct Answering<T> {
    io: T,
    /// What is being written instead of an answer of hyper's own.
    instead: Option<Bytes>,
}

impl<T> Answering<T> {
    pub(super) fn new(io: T) -> Self {
        Self { io, instead: None }
    }

    pub(super) fn into_inner(self) -> T {
        self.io
    }
}

impl<T: Read + Unpin> Read for Answering<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

/// Not vectored, so that an answer that hyper has buffered comes as one piece.
impl<T: Write + Unpin> Write for Answering<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            match own_answer(buf) {
                None => return Pin::new(&mut this.io).poll_write(cx, buf),
                Some((0, status)) => this.instead = Some(refusal(status)),
                // The end of the answer before; hyper comes again with the rest.
                Some((at, _)) => {
                    let before = buf.get(..at).unwrap_or(buf);
                    return Pin::new(&mut this.io).poll_write(cx, before);
                }
            }
        }
        while let Some(rest) = this.instead.as_mut().filter(|rest| rest.has_remaining()) {
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            rest.advance(written);
        }
        this.instead = None;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Where an answer of hyper's own begins at the end of what is written, and its status.
fn own_answer(written: &[u8]) -> Option<(usize, StatusCode)> {
    let head = written.strip_suffix(b"\r\n\r\n")?;
    let begin = (head.len().saturating_sub(LONGEST)..head.len()).rfind(|at| {
        head.split_at_checked(*at).is_some_and(|(before, rest)| begins(before, rest))
    })?;
    let mut lines = head.get(begin..)?.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let status = StatusCode::from_bytes(lines.next()?.get(9..12)?).ok()?;
    let is_own = status.is_client_error()
        && lines.all(|line| OWN_LINES.iter().any(|own| line.starts_with(own)));
    is_own.then_some((begin, status))
}

/// Whether an answer begins between these bytes: with a status line, after nothing or after the end
/// of another answer, which is that of its headers, of a JSON object, or of metrics.
fn begins(before: &[u8], rest: &[u8]) -> bool {
    VERSIONS.iter().any(|version| rest.starts_with(version))
        && matches!(before.last(), None | Some(b'\n' | b'}'))
}

/// What a client is told whose request could not be read. All of it is 400, as at the edge: the
/// statuses for long paths and headers stand in no client's table.
pub(super) fn refusal(status: StatusCode) -> Bytes {
    let (field, kind, message) = match status {
        StatusCode::URI_TOO_LONG => ("url", FieldErrorKind::TooLong, "The URL is too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let message = "The request's headers are too many or too long";
            ("headers", FieldErrorKind::TooLong, message)
        }
        _ => ("request", FieldErrorKind::Malformed, "The request is not valid HTTP"),
    };
    let fault = FieldError::new(kind, field, message);
    let error = ApiError::new(Code::Validation, message).with_detail("errors", json!([fault]));
    last_answer(error)
}

/// What a client is told whose request has not ended in time.
pub(super) fn too_slow() -> Bytes {
    let message = "The request's headers did not arrive in time; send it again";
    last_answer(ApiError::new(Code::RequestTimeout, message))
}

/// A whole answer as bytes, after which the connection closes. The request could not be read, so its
/// id is a fresh one.
fn last_answer(error: ApiError) -> Bytes {
    let id = api::request_id(None);
    tracing::debug!(request.id = id, code = error.code().as_str(), "a request could not be read");
    // No failure of a client's tells a cause, whatever the environment.
    let response: Response<Vec<u8>> = error.into_response(Environment::Production, &id);
    let (status, body) = (response.status(), response.body());
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{X_REQUEST_ID}: {id}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "date: Sat, 21 Nov 2026 04:52:37 GMT\r\n\r\n";

    fn check(written: &str, expected: Option<(usize, u16)>) {
        let found = own_answer(written.as_bytes()).map(|(at, status)| (at, status.as_u16()));
        assert_eq!(found, expected, "{written}");
    }

    #[test]
    fn only_answers_without_headers_of_a_service_are_hypers_own() {
        let own =
            format!("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n{DATE}");
        check(&own, Some((0, 400)));
        let before = "HTTP/1.1 200 OK\r\nx-request-id: r\r\ncontent-length: 2\r\n\r\n{}";
        check(&format!("{before}{own}"), Some((before.len(), 400)));
        check(&format!("{}{own}", "}".repeat(100_000)), Some((100_000, 400)));
        check(&format!("HTTP/1.1 204 No Content\r\n{DATE}{own}"), Some((64, 400)));
        check(before, None);
        check(
            &format!("HTTP/1.1 404 Not Found\r\nx-request-id: r\r\ncontent-length: 0\r\n{DATE}"),
            None,
        );
        check(&format!("HTTP/1.1 204 No Content\r\n{DATE}"), None);
        check(&own.replace("HTTP/1.1", "HTTP/1.0"), Some((0, 400)));
        check("HTTP/1.1 100 Continue\r\n\r\n", None);
        check("", None);
        check("\r\n\r\n", None);
        check("HTTP/1.\r\n\r\n", None);
    }

    #[test]
    fn no_text_of_a_client_passes_for_an_answer() {
        check("data: {\"title\":\"HTTP/1.1 404 Not Found\"}\n\n\r\n0\r\n\r\n", None);
        for id in ["HTTP/1.1_404", "HTTP/1.1 404", "}HTTP/1.1_404", "r\tHTTP/1.1 404 Not Found"] {
            let head = format!("HTTP/1.1 204 No Content\r\nallow: GET\r\nx-request-id: {id}\r\n");
            check(&format!("{head}{DATE}"), None);
            check(&format!("{head}connection: close\r\ncontent-length: 0\r\n{DATE}"), None);
        }
    }

    #[test]
    fn every_refusal_is_a_whole_answer_in_the_failure_form() {
        for (status, field) in [(400, "request"), (414, "url"), (431, "headers"), (418, "request")]
        {
            let answer = refusal(StatusCode::from_u16(status).unwrap());
            let text = String::from_utf8(answer.to_vec()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
            assert_eq!(body["code"], "VALIDATION_ERROR");
            assert_eq!(body["details"]["errors"][0]["field"], field);
            let id = body["request_id"].as_str().unwrap();
            assert!(head.contains(&format!("x-request-id: {id}\r\n")), "{head}");
        }
    }
}
