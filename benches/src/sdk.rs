//! Envelopes as Sentry's SDKs send them, small and usual. What becomes of them is not known here.

use serde_json::{Value, json};
use uuid::Builder;

use crate::load::mix::scatter;
use crate::load::words::{capitalised, word};

/// How much an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1.2 KB: an exception in six frames, with a user, tags and the release.
    Small,
    /// 19 KB, as a usual web application sends: a chain of two exceptions in 22 frames with sources and
    /// variables, breadcrumbs, a request and contexts.
    Large,
}

/// Bytes of a large envelope.
const LARGE_BYTES: usize = 19 << 10;

/// Bytes of an envelope besides its event, and of the name that its padding has in the event.
const AROUND: usize = 200;

/// Different words in a text; all of them have six letters.
const WORDS: u64 = 64_000;
const MAX_WORD: usize = 7;

/// Envelopes of one kind.
#[derive(Debug, Clone)]
pub struct Envelopes {
    /// How much each tells.
    pub size: Size,
    /// Distinct errors that they belong to, in turn.
    pub errors: u64,
    /// When everything happened, in the notation of RFC 3339.
    pub at: String,
}

/// What an event is made of besides its size.
struct Parts<'a> {
    id: &'a str,
    at: &'a str,
    name: &'a str,
}

impl Envelopes {
    /// The envelope with the event of this number; the same number makes the same bytes.
    #[must_use]
    pub fn envelope(&self, number: u64) -> String {
        let bytes = (u128::from(scatter(number)) << 64) | u128::from(scatter(!number));
        let id = Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().simple().to_string();
        let name = word(number % self.errors.max(1));
        let parts = Parts { id: &id, at: &self.at, name: &name };
        let event = match self.size {
            Size::Small => small(&parts),
            Size::Large => padded(large(&parts), number),
        };
        let event = event.to_string();
        let head = json!({"event_id": id, "sent_at": self.at});
        let item = json!({"type": "event", "length": event.len()});
        format!("{head}\n{item}\n{event}\n")
    }
}

fn small(parts: &Parts<'_>) -> Value {
    let Parts { id, at: happened, name } = parts;
    let kind = format!("{}Missing", capitalised(name));
    let frame = |at: usize| {
        json!({
            "filename": format!("shop/{name}/step_{at}.py"), "function": format!("load_{name}"),
            "module": format!("shop.{name}"), "lineno": 40 + at, "in_app": at > 2,
        })
    };
    let frames: Vec<Value> = (0..6).map(frame).collect();
    json!({
        "event_id": id, "timestamp": happened, "platform": "python", "level": "error", "release": "shop@1.4.2",
        "environment": "production", "server_name": "web-3", "transaction": "/orders/{id}",
        "exception": {"values": [{
            "type": kind, "value": format!("the {name} of order 8812 is gone"),
            "module": "shop.errors", "stacktrace": {"frames": frames},
        }]},
        "user": {"id": id.get(..3)}, "tags": {"region": "eu"},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0"},
    })
}

fn large(parts: &Parts<'_>) -> Value {
    let Parts { id, at: happened, name } = parts;
    let frame = |at: usize| {
        json!({
            "filename": format!("shop/{name}/module_{at}.py"),
            "abs_path": format!("/srv/app/shop/{name}/module_{at}.py"),
            "function": format!("handle_{at}"), "module": format!("shop.{name}.module_{at}"),
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
    let kind = format!("{}Missing", capitalised(name));
    json!({
        "event_id": id, "timestamp": happened, "platform": "python", "level": "error", "release": "shop@1.4.2",
        "environment": "production", "server_name": "web-3", "transaction": "/orders/{id}",
        "tags": {"region": "eu", "tenant": "acme"},
        "user": {"id": id.get(..3), "email": "ann@shop.example"},
        "request": {
            "url": "https://shop.example/orders/8812", "method": "GET", "query_string": "page=2",
            "headers": {"Accept": "application/json", "User-Agent": "Mozilla/5.0", "Cookie": "s=1"},
        },
        "exception": {"values": [exception("KeyError", 8), exception(&kind, 14)]},
        "breadcrumbs": {"values": (0..14).map(crumb).collect::<Vec<_>>()},
        "contexts": {"runtime": {"name": "CPython", "version": "3.12.1"}, "trace": {"trace_id": "771a43a4"}},
        "modules": {"django": "5.1", "celery": "5.4.0", "psycopg": "3.2.1"},
        "sdk": {"name": "sentry.python.django", "version": "2.75.0"},
    })
}

/// The event with as much text as it lacks. Its words are those of this number alone: a line that comes again
/// and again would be compressed to nothing.
fn padded(mut event: Value, number: u64) -> Value {
    let missing = LARGE_BYTES.saturating_sub(event.to_string().len() + AROUND);
    let mut report = String::with_capacity(missing + MAX_WORD);
    let mut seed = number;
    while report.len() < missing {
        seed = scatter(seed);
        report.push_str(&word(seed % WORDS));
        report.push(' ');
    }
    if let Some(event) = event.as_object_mut() {
        event.insert("extra".to_owned(), json!({"report": report}));
    }
    event
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn envelopes(size: Size) -> Envelopes {
        Envelopes { size, errors: 100, at: "2026-11-20T14:12:54.125432Z".to_owned() }
    }

    #[track_caller]
    fn check_size(size: Size, least: usize, most: usize) {
        for number in 0..100 {
            let length = envelopes(size).envelope(number).len();
            assert!((least..=most).contains(&length), "{length}");
        }
    }

    #[test]
    fn sizes_are_what_they_say() {
        check_size(Size::Small, 1_150, 1_350);
        check_size(Size::Large, 18_500, 19_600);
    }

    #[test]
    fn ids_are_distinct_and_the_same_in_both_places() {
        let mut ids = BTreeSet::new();
        for number in 0..1_000 {
            let text = envelopes(Size::Small).envelope(number);
            let lines: Vec<Value> =
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines[0]["event_id"], lines[2]["event_id"]);
            assert_eq!(lines[1]["length"], text.lines().nth(2).unwrap().len());
            ids.insert(lines[0]["event_id"].to_string());
        }
        assert_eq!(ids.len(), 1_000);
    }
}
