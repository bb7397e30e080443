//! The way to the collector: bounded in what waits, in size and in time. One that hangs or is away costs
//! spans and nothing else.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor};
use tokio::runtime::Handle;
use url::Url;

use super::TracesError;
use crate::channels::{Line, Post, Reach, SendError, parse_url, post};
use crate::config::TracesConfig;
use crate::telemetry::ErrorChain;
use crate::tls;

/// Spans that wait; more are dropped. At most about 4 MiB; a service that answers thousands of requests a second needs
/// a share of traces that is below one.
const MAX_WAITING: usize = 4_096;

/// Spans of one export: some 200 KiB.
const MAX_BATCH: usize = 512;

/// How long spans wait for company.
const DELAY: Duration = Duration::from_secs(2);

/// One export, from resolving the name to the answer.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// What spans are handed to when they end. It sends from a thread of its own.
pub(super) fn processor(config: &TracesConfig) -> Result<BatchSpanProcessor, TracesError> {
    let endpoint = config.endpoint.expose();
    let url = parse_url(endpoint).map_err(TracesError::Endpoint)?;
    let headers = config.headers.iter();
    let headers: HashMap<_, _> =
        headers.map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        // What was refused is not tried again: the next spans wait behind it.
        .with_retry_policy(RetryPolicy::disabled())
        .with_headers(headers)
        .with_http_client(Collector::new(config, url)?)
        .build()
        .map_err(TracesError::Exporter)?;
    let bounds = BatchConfigBuilder::default()
        .with_max_queue_size(MAX_WAITING)
        .with_max_export_batch_size(MAX_BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    Ok(BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build())
}

/// Posts to the collector, and remembers whether it took what it was sent last.
#[derive(Debug)]
struct Collector {
    url: Endpoint,
    line: Line,
    /// The exporter's thread has no runtime of its own.
    runtime: Handle,
    failing: AtomicBool,
}

/// The URL may hold a password, which no debugging output shows.
struct Endpoint(Url);

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())
    }
}

/// Why spans were not taken.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("failed to send spans")]
    Send(#[source] SendError),
    #[error("the collector did not answer within {} seconds", EXPORT_TIMEOUT.as_secs())]
    Timeout,
    #[error("the collector answered with status {0}")]
    Answered(u16),
    #[error("sending spans was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

impl Collector {
    fn new(config: &TracesConfig, url: Url) -> Result<Self, TracesError> {
        let authorities = tls::outside_authorities(config.ca_file.as_deref());
        let tls = authorities.and_then(|authorities| tls::outside_config(&authorities));
        // The operator names the collector, which usually stands in the same network.
        let line = Line { reach: Reach::Private, tls: Arc::new(tls.map_err(TracesError::Tls)?) };
        let runtime = Handle::current();
        Ok(Self { url: Endpoint(url), line, runtime, failing: AtomicBool::new(false) })
    }

    async fn export(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExportError> {
        let (parts, body) = request.into_parts();
        let (url, headers) = (self.url.0.clone(), parts.headers);
        let message = Post { url, content_type: "application/x-protobuf", headers, body };
        let line = self.line.clone();
        let posting = self
            .runtime
            .spawn(async move { tokio::time::timeout(EXPORT_TIMEOUT, post(&line, message)).await });
        let reply = posting.await.map_err(ExportError::Interrupted)?;
        let reply = reply.map_err(|_| ExportError::Timeout)?.map_err(ExportError::Send)?;
        if !reply.status.is_success() {
            return Err(ExportError::Answered(reply.status.as_u16()));
        }
        let mut response = Response::new(reply.body.into());
        *response.status_mut() = reply.status;
        Ok(response)
    }

    /// Says when the collector begins to fail and when it is back, not what happens between.
    fn remember(&self, outcome: Result<(), &ExportError>) {
        let failing = outcome.is_err();
        match (self.failing.swap(failing, Ordering::Relaxed), outcome) {
            (false, Err(error)) => {
                tracing::warn!(error = %ErrorChain(error), "the collector takes no spans; they are lost");
            }
            (true, Ok(())) => tracing::info!("the collector takes spans again"),
            (false, Ok(())) | (true, Err(_)) => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let outcome = self.export(request).await;
        self.remember(outcome.as_ref().map(|_| ()));
        Ok(outcome?)
    }
}
