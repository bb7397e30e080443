//! A recorded request, and how it is sent again.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::super::client::System;
use super::super::malformed::exchange::{self, Answer};
use super::super::malformed::row::After;

/// Bytes of a chunk, where the SDK sent its body in chunks.
const CHUNK: usize = 4_096;

/// A recorded request and what has to become of it.
#[derive(Debug, Deserialize)]
pub(super) struct Capture {
    pub(super) case: String,
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    body: String,
    pub(super) expected: Value,
}

/// All of them.
pub(super) fn all() -> Vec<Capture> {
    let lines = include_str!("../../../fixtures/sdk/captures.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Capture {
    /// One by its name.
    pub(super) fn named(case: &str) -> Self {
        all().into_iter().find(|capture| capture.case == case).unwrap()
    }

    /// The body as it was sent.
    pub(super) fn body(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(&self.body).unwrap()
    }

    /// Sends it through the edge: headers in their order, the body's bytes untouched.
    pub(super) async fn send(&self, system: &System) -> Answer {
        let address = system.services.edge_url().trim_start_matches("http://").to_owned();
        exchange::send_bytes(&address, &self.case, &self.bytes(), After::Wait).await
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        let is_chunked =
            self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
        let body = self.body();
        if !is_chunked {
            bytes.extend_from_slice(&body);
            return bytes;
        }
        for chunk in body.chunks(CHUNK) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }
}
