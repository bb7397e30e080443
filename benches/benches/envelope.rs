//! What the gateway does with an envelope between its bytes and its place in the queue: take apart, decode,
//! sanitise and name; then write and compress.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use shared::payload;

/// Bytes of an event of a usual web application: a chain of two exceptions in fifty frames with sources
/// and variables, breadcrumbs, a request and contexts.
const TARGET: usize = 19 << 10;

fn event() -> Value {
    let frame = |at: usize| {
        json!({
            "filename": format!("shop/services/module_{at}.py"),
            "abs_path": format!("/srv/app/shop/services/module_{at}.py"),
            "function": format!("handle_{at}"), "module": format!("shop.services.module_{at}"),
            "lineno": 40 + at, "in_app": at.is_multiple_of(3),
            "pre_context": ["    order = load(order_id)", "    if order is None:"],
            "context_line": "        raise OrderMissing(f\"order {order_id} is gone\")",
            "post_context": ["    return order", ""],
            "vars": {"order_id": "8812", "self": "<shop.services.Orders object at 0x7f12>"},
        })
    };
    let exception = |kind: &str, frames: usize| {
        json!({
            "type": kind, "value": "order 8812 is gone", "module": "shop.errors",
            "mechanism": {"type": "django", "handled": false},
            "stacktrace": {"frames": (0..frames).map(frame).collect::<Vec<_>>()},
        })
    };
    let crumb = |at: usize| {
        json!({
            "timestamp": format!("2026-11-20T14:12:{:02}.125432Z", at % 60), "type": "http",
            "category": "httplib", "level": "info",
            "data": {"url": format!("http://stock/items/{at}"), "method": "GET", "status_code": 200},
        })
    };
    json!({
        "event_id": "24581c3f7f1d4b54a32a4b2f5a1d0a01", "timestamp": "2026-11-20T14:12:54.125432Z",
        "platform": "python", "level": "error", "release": "shop@1.4.2", "environment": "production",
        "server_name": "web-3", "transaction": "/orders/{id}", "tags": {"region": "eu", "tenant": "acme"},
        "user": {"id": "5512", "email": "ann@shop.example"},
        "request": {
            "url": "https://shop.example/orders/8812", "method": "GET", "query_string": "page=2",
            "headers": {"Accept": "application/json", "User-Agent": "Mozilla/5.0", "Cookie": "s=1"},
        },
        "exception": {"values": [exception("KeyError", 8), exception("OrderMissing", 14)]},
        "breadcrumbs": {"values": (0..14).map(crumb).collect::<Vec<_>>()},
        "contexts": {"runtime": {"name": "CPython", "version": "3.12.1"}, "trace": {"trace_id": "771a43a4"}},
        "modules": {"django": "5.1", "celery": "5.4.0", "psycopg": "3.2.1"},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0"},
    })
}

fn envelope() -> Bytes {
    let mut event = event();
    let missing = TARGET.saturating_sub(event.to_string().len() + 200);
    event["extra"] =
        json!({"report": "a line of words that are written for people; ".repeat(missing / 45)});
    let event = event.to_string();
    let head =
        json!({"event_id": "24581c3f7f1d4b54a32a4b2f5a1d0a01", "sent_at": "2026-11-20T14:12:55Z"});
    let item = json!({"type": "event", "length": event.len()});
    Bytes::from(format!("{head}\n{item}\n{event}\n"))
}

fn read(criterion: &mut Criterion) {
    let body = envelope();
    let mut group = criterion.benchmark_group("envelope");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("decode, sanitise, name", |bencher| {
        bencher.iter(|| ingest::rehearsal::envelope(black_box(&body)));
    });
    let events = ingest::rehearsal::envelope(&body).expect("the envelope can be read");
    group.bench_function("write, compress", |bencher| {
        bencher
            .iter(|| events.iter().map(payload::encode).for_each(|packed| drop(black_box(packed))));
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
