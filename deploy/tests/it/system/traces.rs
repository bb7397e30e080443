//! Traces: one for an error, from the client's request to the transaction that stores it.

use std::time::Duration;

use deploy::receivers::{Behaviour, HttpReceiver, Posted};
use deploy::services::{Options, Service};
use http::{Method, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Holder, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;

use super::client::System;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const UNSAMPLED: &str = "5bf92f3577b34da6a3ce929d0e0e4736";

/// Spans wait two seconds for company; the rest is for a busy machine.
const IN_TIME: Duration = Duration::from_secs(90);

/// A span, and the service that it is of.
#[derive(Debug)]
struct Seen {
    service: String,
    span: Span,
}

impl Seen {
    fn attribute(&self, key: &str) -> String {
        text(&self.span.attributes, key)
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()) {
        Some(Holder { value: Some(AnyValue::StringValue(text)) }) => text.clone(),
        Some(Holder { value: Some(AnyValue::IntValue(number)) }) => number.to_string(),
        other => panic!("{key} is {other:?}"),
    }
}

/// The spans of a trace among what was posted.
fn of_trace(posted: &[Posted], trace: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    for post in posted {
        let request = ExportTraceServiceRequest::decode(post.body.as_slice()).unwrap();
        for sent in request.resource_spans {
            let service = text(&sent.resource.unwrap().attributes, "service.name");
            let spans = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
            let ours = spans.filter(|span| hex(&span.trace_id) == trace);
            seen.extend(ours.map(|span| Seen { service: service.clone(), span }));
        }
    }
    seen
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Waits until so many spans of a trace have arrived.
async fn arrived(collector: &HttpReceiver, trace: &str, spans: usize) -> Vec<Seen> {
    let waiting = async {
        let mut posts = 1;
        loop {
            let posted = collector.arrived(posts).await.unwrap();
            let seen = of_trace(&posted, trace);
            if seen.len() >= spans {
                return seen;
            }
            posts = posted.len() + 1;
        }
    };
    tokio::time::timeout(IN_TIME, waiting).await.unwrap()
}

async fn system(
    change: impl FnOnce(Options) -> Options,
    behaviour: Behaviour,
) -> (System, HttpReceiver) {
    let collector = HttpReceiver::start(behaviour).await.unwrap();
    let url = collector.url("");
    let traced = |options: Options| change(options.set("OTEL_EXPORTER_OTLP_ENDPOINT", &url));
    (System::start_with(traced).await, collector)
}

/// The only span of a kind in a service, which must be part of another one.
#[track_caller]
fn one<'a>(seen: &'a [Seen], service: &str, kind: SpanKind, parent: &str) -> &'a Seen {
    let is_it = |seen: &&Seen| seen.service == service && seen.span.kind() == kind;
    let found: Vec<_> = seen.iter().filter(is_it).collect();
    let [one] = found[..] else { panic!("{service} {kind:?}: {seen:?}") };
    assert_eq!(hex(&one.span.parent_span_id), parent, "{one:?}");
    one
}

#[tokio::test]
async fn an_error_is_one_trace_from_the_request_to_the_transaction() {
    let answer = Behaviour::Answer(200, String::new());
    let token = |options: Options| options.set("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=number%207");
    let (mut system, collector) = system(token, answer).await;
    let event = json!({"message": "a marked message", "source": "traces"}).to_string().into_bytes();
    for header in [format!("00-{UNSAMPLED}-{CALLER}-00"), format!("00-{TRACE}-{CALLER}-01")] {
        let headers = [("traceparent", header.as_str())];
        let (path, body) = ("/api/errors?marked=query", event.clone());
        let answer = system.client.send(Method::POST, path, &headers, body).await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let read =
            system.client.send(Method::GET, "/api/errors?limit=1", &headers, Vec::new()).await;
        assert_eq!(read.unwrap().status, StatusCode::OK);
    }
    system.drained(2).await.assert_all(2);

    let seen = arrived(&collector, TRACE, 5).await;
    let server = one(&seen, "errata-ingest", SpanKind::Server, CALLER);
    assert_eq!(server.span.name, "POST /api/errors");
    assert_eq!(server.attribute("http.response.status_code"), "201");
    let producer = one(&seen, "errata-ingest", SpanKind::Producer, &hex(&server.span.span_id));
    assert_eq!(producer.attribute("errata.events"), "1");
    let consumer = one(&seen, "errata-worker", SpanKind::Consumer, &hex(&producer.span.span_id));
    assert_eq!(consumer.attribute("messaging.destination.name"), "events");
    one(&seen, "errata-worker", SpanKind::Internal, &hex(&consumer.span.span_id));
    let read = one(&seen, "errata-query-api", SpanKind::Server, CALLER);
    assert_eq!(read.span.name, "GET /api/errors");
    assert_eq!(seen.len(), 5, "{seen:?}");

    for service in [Service::Worker, Service::QueryApi, Service::Ingest] {
        assert_eq!(system.services.terminate(service).await.unwrap().code(), Some(0), "{service}");
    }
    let posted = collector.posted();
    assert_eq!(of_trace(&posted, UNSAMPLED).len(), 0);
    for post in &posted {
        assert!(post.line.starts_with("POST /v1/traces "), "{}", post.line);
        assert_eq!(post.header("x-tenant"), Some("number 7"));
        let body = String::from_utf8_lossy(&post.body);
        assert!(!body.contains("marked") && !body.contains("test-api-key"), "{body}");
    }
    system.stop().await;
}

#[tokio::test]
async fn a_collector_that_never_answers_holds_up_nothing() {
    let (mut system, collector) = system(|options| options, Behaviour::Hang).await;
    let event = json!({"message": "nobody listens", "source": "traces"});
    system.client.report(event.clone()).await;
    // From now on an export hangs.
    tokio::time::timeout(IN_TIME, collector.arrived(1)).await.unwrap().unwrap();
    for _ in 0..20 {
        system.client.report(event.clone()).await;
    }
    system.drained(21).await.assert_all(21);
    // A service that does not end is killed, and has no code then.
    for service in [Service::Worker, Service::QueryApi, Service::Ingest] {
        assert_eq!(system.services.terminate(service).await.unwrap().code(), Some(0), "{service}");
    }
    system.stop().await;
}

#[tokio::test]
async fn a_collector_that_fails_is_told_of_once_and_so_is_its_return() {
    let (down, up) = (Behaviour::Answer(503, String::new()), Behaviour::Answer(200, String::new()));
    let collector =
        HttpReceiver::start(Behaviour::InTurn(vec![down.clone(), down, up])).await.unwrap();
    let url = collector.url("/exactly/here");
    let of_ingest = |options: Options| {
        options.set_for(Service::Ingest, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &url)
    };
    let mut system = System::start_with(of_ingest).await;
    for posts in 1..=3 {
        system.client.report(json!({"message": "told once", "source": "traces"})).await;
        let posted =
            tokio::time::timeout(IN_TIME, collector.arrived(posts)).await.unwrap().unwrap();
        assert!(posted[posts - 1].line.starts_with("POST /exactly/here "), "{posted:?}");
    }
    assert_eq!(system.services.terminate(Service::Ingest).await.unwrap().code(), Some(0));
    let log = std::fs::read_to_string(system.services.log(Service::Ingest)).unwrap();
    for said in ["the collector takes no spans", "the collector takes spans again"] {
        assert_eq!(log.matches(said).count(), 1, "{said}: {log}");
    }
    system.drained(3).await;
    system.stop().await;
}
