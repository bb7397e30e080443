//! What is asked of the services.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks one service.
#[derive(Debug)]
pub struct Api {
    http: Client<HttpConnector, Full<Bytes>>,
    service: String,
    key: String,
}

impl Api {
    /// For a service such as `http://127.0.0.1:8082`.
    #[must_use]
    pub fn new(service: String, key: &str) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, service, key: key.to_owned() }
    }

    /// Creates something.
    ///
    /// # Errors
    /// When the answer is not 201.
    pub async fn create(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.make(path, body).await.map(drop)
    }

    /// Creates something, and answers it.
    ///
    /// # Errors
    /// When the answer is not 201.
    pub async fn make(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask((Method::POST, path), body, StatusCode::CREATED).await
    }

    /// Sends something.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask((Method::POST, path), body, StatusCode::OK).await
    }

    /// Reads something.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask((Method::GET, path), &Value::Null, StatusCode::OK).await
    }

    /// Puts something in place.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.ask((Method::PUT, path), body, StatusCode::OK).await.map(drop)
    }

    async fn ask(
        &self,
        (method, path): (Method, &str),
        body: &Value,
        expected: StatusCode,
    ) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.service))
            .header("x-api-key", &self.key)
            .header("content-type", "application/json")
            .body(Full::new(if body.is_null() {
                Bytes::new()
            } else {
                Bytes::from(body.to_string())
            }))?;
        let answer = async {
            let response = self.http.request(request).await?;
            let (head, body) = response.into_parts();
            Ok::<_, anyhow::Error>((head.status, body.collect().await?.to_bytes()))
        };
        let (status, body) = timeout(LIMIT, answer).await.context("no answer in time")??;
        ensure!(status == expected, "{path}: {status} {}", String::from_utf8_lossy(&body));
        let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }
}
