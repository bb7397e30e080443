//! Envelopes as Sentry's SDKs send them, small and usual. What becomes of them is not known here.

use serde_json::{Value, json};
use uuid::Builder;

use crate::load::envelope;
use crate::load::mix::scatter;
use crate::load::words::{capitalised, word};

/// How much an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1.2 KB: an exception in six frames, with a user, tags and the release.
    Small,
    /// 19 KB, as a usual web application sends: a chain of three exceptions in 21 frames with sources and
    /// variables, breadcrumbs, a request and contexts.
    Large,
}

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
        let error = number % self.errors.max(1);
        let name = word(error);
        let parts = Parts { id: &id, at: &self.at, name: &name };
        let event = match self.size {
            Size::Small => small(&parts),
            Size::Large => large(&parts, error),
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

/// The event of a run's packed envelopes, with what these have in the beginning.
fn large(parts: &Parts<'_>, error: u64) -> Value {
    let mut event = envelope::event(error);
    if let Some(event) = event.as_object_mut() {
        let user = json!({"id": parts.id.get(..3), "email": "ann@shop.example"});
        let own = [("event_id", json!(parts.id)), ("timestamp", json!(parts.at)), ("user", user)];
        event.extend(own.map(|(name, value)| (name.to_owned(), value)));
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
