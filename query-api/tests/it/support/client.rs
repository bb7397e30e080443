//! One request and its answer.

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A request that is being put together.
#[derive(Debug)]
pub(crate) struct Ask {
    request: http::request::Builder,
    body: Bytes,
}

impl Ask {
    pub(crate) fn new(method: &str, url: &str) -> Self {
        Self { request: Request::builder().method(method).uri(url), body: Bytes::new() }
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.request.body(Full::new(self.body)).unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (parts, body) = client.request(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// What a success holds.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json["status"], "success", "{} {json}", self.status);
        json["data"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks the failure form.
    #[track_caller]
    pub(crate) fn fails(&self, status: u16, code: &str) {
        let json = self.json();
        assert_eq!((self.status, json["code"].as_str()), (status, Some(code)), "{json}");
        assert_eq!(json["status"], "error");
        assert!(json["error"].is_string(), "{json}");
        assert!(json["details"].is_object(), "{json}");
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"));
    }

    /// The fields that a validation failure names, sorted.
    #[track_caller]
    pub(crate) fn bad_fields(&self) -> Vec<String> {
        self.fails(400, "VALIDATION_ERROR");
        let json = self.json();
        let errors = json["details"]["errors"].as_array().unwrap().iter();
        let mut fields: Vec<String> =
            errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect();
        fields.sort_unstable();
        fields
    }
}
