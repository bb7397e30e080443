//! One connection, which carries one request at a time.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Form;
use super::tally::{Answer, Failure};

/// An answer to a thousand items has about 150 KB.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Where requests go.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Host and port.
    pub(crate) authority: String,
    /// Path of the request.
    pub(crate) uri: Uri,
    /// Sent as `X-API-Key`, or as `X-Sentry-Auth` with envelopes.
    pub(crate) key: HeaderValue,
    /// Sent as `Host`.
    pub(crate) host: HeaderValue,
    /// Longest wait for a connection or an answer.
    pub(crate) limit: Duration,
    /// In which form events travel.
    pub(crate) form: Form,
}

/// A connection to the service, made anew when it breaks.
#[derive(Debug)]
pub(crate) struct Lane {
    sender: SendRequest<Full<Bytes>>,
    // Ends with the lane, and takes the socket with it.
    driver: JoinSet<()>,
}

impl Lane {
    pub(crate) async fn connect(target: &Target) -> Result<Self, Failure> {
        let connecting = timeout(target.limit, TcpStream::connect(&target.authority));
        let stream = connecting.await.map_err(|_| Failure::Timeout)?;
        let stream = stream.map_err(|_| Failure::Connect)?;
        stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|_| Failure::Connect)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The request that suffers from it reports the failure.
            let _broken = connection.await;
        });
        Ok(Self { sender, driver })
    }

    /// Sends a body and waits for the whole answer.
    pub(crate) async fn post(&mut self, target: &Target, body: Bytes) -> Result<Answer, Failure> {
        if self.sender.is_closed() {
            *self = Self::connect(target).await?;
        }
        let Ok(answer) = timeout(target.limit, self.exchange(target, body)).await else {
            // What follows on this connection would be the answer to a request given up.
            self.driver.shutdown().await;
            return Err(Failure::Timeout);
        };
        answer
    }

    async fn exchange(&mut self, target: &Target, body: Bytes) -> Result<Answer, Failure> {
        let mut request = Request::post(target.uri.clone()).body(Full::new(body));
        if let Ok(request) = &mut request {
            let headers = request.headers_mut();
            headers.insert(HOST, target.host.clone());
            let (kind, key) = match target.form {
                Form::Single | Form::Batch(_) => ("application/json", "x-api-key"),
                Form::Envelope => ("application/x-sentry-envelope", "x-sentry-auth"),
            };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(key, target.key.clone());
            if target.form == Form::Envelope {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        let request = request.map_err(|_| Failure::Unreadable)?;
        self.sender.ready().await.map_err(|_| Failure::Broken)?;
        let response = self.sender.send_request(request).await.map_err(|_| Failure::Broken)?;
        read(response, target.form).await
    }
}

async fn read(response: Response<Incoming>, form: Form) -> Result<Answer, Failure> {
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|_| Failure::Broken)?;
    let accepted = match form {
        _ if !status.is_success() => 0,
        Form::Single | Form::Envelope => 1,
        Form::Batch(_) => accepted(&body.to_bytes())?,
    };
    Ok(Answer { status: status.as_u16(), accepted })
}

#[derive(Deserialize)]
struct BatchAnswer {
    data: BatchCounts,
}

#[derive(Deserialize)]
struct BatchCounts {
    accepted: u64,
}

fn accepted(body: &[u8]) -> Result<u64, Failure> {
    let answer: BatchAnswer = serde_json::from_slice(body).map_err(|_| Failure::Unreadable)?;
    Ok(answer.data.accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_says_how_many_were_taken() {
        let body =
            br#"{"data":{"accepted":2,"rejected":1,"results":[{},{},{}]},"status":"success"}"#;
        assert_eq!(accepted(body), Ok(2));
        assert_eq!(accepted(b"<html>"), Err(Failure::Unreadable));
    }
}
