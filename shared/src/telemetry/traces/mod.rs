//! Spans, sent to the collector that the operator names; without one there are none.
//!
//! What is recorded stands here and nowhere else: methods, routes, statuses, queues, and numbers. Keys,
//! query strings, bodies and texts of clients never become part of a span. A request or message that
//! is not sampled has no [`Span`], so that whoever holds none does nothing.
//!
//! How spans travel to the collector is the business of `collector`.

mod collector;

use std::sync::OnceLock;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

use crate::broker::topology::Queue;
use crate::channels::SendError;
use crate::config::TracesConfig;
use crate::tls::TlsError;

/// The header of requests and messages that says which span they belong to (W3C Trace Context).
pub const TRACEPARENT: &str = "traceparent";

/// What version 00 of the header has exactly; later ones may have more, which is not read.
const MAX_TRACEPARENT: usize = 128;

/// Other requests whose events travel in one message, or messages of one transaction: enough to follow
/// any of them at usual load. A span with thousands would be larger than the message.
pub const MAX_LINKS: usize = 32;

/// What a span says about itself.
const MAX_ATTRIBUTES: u32 = 16;

/// How long the end of a service waits for its last spans. A collector that hangs costs this much.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Set once when a service starts that is traced.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Why spans can't be sent.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TracesError {
    #[error("failed to set up TLS towards the collector")]
    Tls(#[source] TlsError),
    #[error("the collector's URL can't be used")]
    Endpoint(#[source] SendError),
    #[error("failed to set up the exporter of spans")]
    Exporter(#[source] ExporterBuildError),
    #[error("spans were set up before in this process")]
    Twice,
}

/// The spans of this process, until they are flushed.
#[derive(Debug)]
#[must_use = "the last spans are lost unless they are flushed"]
pub struct Traces(Option<SdkTracerProvider>);

/// Starts tracing where a collector is named. `service` is the name of who names none.
///
/// # Errors
/// When the collector's settings can't be used. One that is away is no error.
pub fn start(config: Option<&TracesConfig>, service: &'static str) -> Result<Traces, TracesError> {
    let Some(config) = config else { return Ok(Traces(None)) };
    let name = config.service_name.clone().unwrap_or_else(|| service.to_owned());
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let provider = SdkTracerProvider::builder()
        .with_span_processor(collector::processor(config)?)
        // Whoever reaches the edge may say that a trace is sampled: the share holds for those, too. It is decided by
        // the id of the trace, so that all services that have the same share decide alike.
        .with_sampler(Sampler::TraceIdRatioBased(config.ratio.fraction()))
        .with_max_links_per_span(u32::try_from(MAX_LINKS).unwrap_or(u32::MAX))
        .with_max_attributes_per_span(MAX_ATTRIBUTES)
        .with_max_events_per_span(0)
        .with_resource(
            Resource::builder_empty().with_service_name(name).with_attribute(version).build(),
        )
        .build();
    TRACER.set(provider.tracer("errata")).map_err(|_| TracesError::Twice)?;
    tracing::info!(service, "spans go to the collector");
    Ok(Traces(Some(provider)))
}

impl Traces {
    /// Sends what is left, and waits for it a bounded time.
    pub async fn flush(self) {
        let Some(provider) = self.0 else { return };
        // The exporter's thread is waited for by blocking.
        let flushing =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(flushing.await, Ok(Ok(()))) {
            tracing::warn!("the last spans were not sent");
        }
    }
}

/// Which span something belongs to: what of it travels to other processes. Always a sampled one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    trace: TraceId,
    span: SpanId,
}

impl Origin {
    /// Reads the header's value; none where it is malformed or not sampled.
    pub fn parse(traceparent: &str) -> Option<Self> {
        match Caller::parse(traceparent) {
            Caller::Sampled(origin) => Some(origin),
            Caller::Unknown | Caller::NotSampled => None,
        }
    }

    /// The header's value.
    pub fn traceparent(self) -> String {
        let mut header = Header(String::new());
        let context = Context::new().with_remote_span_context(self.context());
        TraceContextPropagator::new().inject_context(&context, &mut header);
        header.0
    }

    fn context(self) -> SpanContext {
        // A caller's trace state would have to be carried along; nothing here reads it.
        SpanContext::new(self.trace, self.span, TraceFlags::SAMPLED, true, TraceState::NONE)
    }
}

/// What a request says about its caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Unknown,
    NotSampled,
    Sampled(Origin),
}

impl Caller {
    fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        value.map_or(Self::Unknown, Self::parse)
    }

    fn parse(traceparent: &str) -> Self {
        if traceparent.len() > MAX_TRACEPARENT {
            return Self::Unknown;
        }
        let value = Received(traceparent);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &value);
        let span = context.span();
        let found = span.span_context();
        match (found.is_valid(), found.is_sampled()) {
            (false, _) => Self::Unknown,
            (true, false) => Self::NotSampled,
            (true, true) => {
                Self::Sampled(Origin { trace: found.trace_id(), span: found.span_id() })
            }
        }
    }
}

/// The one header that is read.
struct Received<'a>(&'a str);

impl Extractor for Received<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// The one header that is written.
struct Header(String);

impl Injector for Header {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = value;
        }
    }
}

/// A sampled span. It ends when it is dropped.
#[derive(Debug)]
pub struct Span(Box<opentelemetry_sdk::trace::Span>);

impl Span {
    /// A request that a service answers. It continues its caller's trace.
    pub fn server(method: &Method, route: Option<&str>, headers: &HeaderMap) -> Option<Self> {
        let tracer = TRACER.get()?;
        let parent = match Caller::of(headers) {
            Caller::NotSampled => return None,
            Caller::Unknown => None,
            Caller::Sampled(origin) => Some(origin),
        };
        let mut span = Self::begin(tracer, SpanKind::Server, "HTTP", parent)?;
        let method = known(method);
        span.0.set_attribute(KeyValue::new("http.request.method", method));
        if let Some(route) = route {
            span.0.update_name(format!("{method} {route}"));
            span.0.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
        Some(span)
    }

    /// A message on its way to the broker, on behalf of these requests: a part of the first one's trace.
    pub fn producer(queue: Queue, requests: &[Origin]) -> Option<Self> {
        let (first, others) = requests.split_first()?;
        let mut span = Self::begin(TRACER.get()?, SpanKind::Producer, "publish", Some(*first))?;
        span.link(others);
        span.messaging(queue, "publish");
        Some(span)
    }

    /// A message that the worker took from a queue.
    pub fn consumer(queue: Queue, message: Origin) -> Option<Self> {
        let mut span = Self::begin(TRACER.get()?, SpanKind::Consumer, "process", Some(message))?;
        span.messaging(queue, "process");
        Some(span)
    }

    /// The transaction that stores what messages brought: a part of the first one's trace.
    pub fn store(messages: &[Origin]) -> Option<Self> {
        let (first, others) = messages.split_first()?;
        let mut span = Self::begin(TRACER.get()?, SpanKind::Internal, "store", Some(*first))?;
        span.link(others);
        Some(span)
    }

    fn begin(
        tracer: &SdkTracer,
        kind: SpanKind,
        name: &'static str,
        parent: Option<Origin>,
    ) -> Option<Self> {
        let context = match parent {
            Some(origin) => Context::new().with_remote_span_context(origin.context()),
            None => Context::new(),
        };
        let builder = tracer.span_builder(name).with_kind(kind);
        let span = tracer.build_with_context(builder, &context);
        span.is_recording().then(|| Self(Box::new(span)))
    }

    fn messaging(&mut self, queue: Queue, operation: &'static str) {
        self.0.update_name(format!("{operation} {}", queue.label()));
        self.0.set_attributes([
            KeyValue::new("messaging.system", "rabbitmq"),
            KeyValue::new("messaging.operation.name", operation),
            KeyValue::new("messaging.destination.name", queue.label()),
        ]);
    }

    fn link(&mut self, origins: &[Origin]) {
        for origin in origins.iter().take(MAX_LINKS) {
            self.0.add_link(origin.context(), Vec::new());
        }
    }

    /// What belongs to this span says so by this.
    pub fn origin(&self) -> Origin {
        let context = self.0.span_context();
        Origin { trace: context.trace_id(), span: context.span_id() }
    }

    /// How many events it is about.
    pub fn events(&mut self, events: usize) {
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        self.0.set_attribute(KeyValue::new("errata.events", events));
    }

    /// How the request was answered.
    pub fn answered(&mut self, status: StatusCode) {
        let code = i64::from(status.as_u16());
        self.0.set_attribute(KeyValue::new("http.response.status_code", code));
        if status.is_server_error() {
            self.failed("server error");
        }
    }

    /// What it stands for failed, in a word from a fixed set.
    pub fn failed(&mut self, kind: &'static str) {
        self.0.set_attribute(KeyValue::new("error.type", kind));
        self.0.set_status(Status::error(kind));
    }
}

/// The method, or what stands for all that HTTP does not define: clients may send any word.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NOT_SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn an_origin_is_written_as_it_was_read() {
        assert_eq!(Origin::parse(SAMPLED).unwrap().traceparent(), SAMPLED);
    }

    #[test]
    fn a_caller_that_does_not_sample_is_told_from_one_that_says_nothing() {
        assert_eq!(Caller::parse(NOT_SAMPLED), Caller::NotSampled);
        assert_eq!(Origin::parse(NOT_SAMPLED), None);
        assert_eq!(Caller::of(&HeaderMap::new()), Caller::Unknown);
        let long = format!("{SAMPLED}-{}", "x".repeat(MAX_TRACEPARENT));
        let zero = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        for malformed in ["", "00", zero, &long, "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f0-01"] {
            assert_eq!(Caller::parse(malformed), Caller::Unknown, "{malformed}");
        }
    }

    #[test]
    fn methods_that_nobody_defined_have_one_name() {
        assert_eq!(known(&Method::POST), "POST");
        assert_eq!(known(&Method::from_bytes(b"STEAL").unwrap()), "_OTHER");
    }

    #[test]
    fn nothing_is_recorded_where_nothing_was_started() {
        let origin = Origin::parse(SAMPLED).unwrap();
        assert!(Span::server(&Method::GET, None, &HeaderMap::new()).is_none());
        assert!(Span::producer(Queue::Events, &[origin]).is_none());
        assert!(Span::consumer(Queue::Events, origin).is_none());
        assert!(Span::store(&[origin]).is_none());
    }
}
