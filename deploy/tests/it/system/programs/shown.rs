//! What people are shown of the events of a program.

use serde_json::{Value, json};

use super::super::client::System;
use super::program::{ENVIRONMENT, RELEASE, SECRET};

/// What an event is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shown {
    level: String,
    title: String,
    culprit: String,
    /// The function of the innermost frame of the program's own.
    top: String,
    handled: bool,
}

impl Shown {
    /// Of an event that the program has handled.
    pub(super) fn new(level: &str, title: &str, culprit: &str, top: &str) -> Self {
        let [level, title, culprit, top] = [level, title, culprit, top].map(str::to_owned);
        Self { level, title, culprit, top, handled: true }
    }

    pub(super) fn unhandled(self) -> Self {
        Self { handled: false, ..self }
    }

    fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let exception = &event["exceptions"][0];
        let frames = exception["frames"].as_array().map(Vec::as_slice).unwrap_or_default();
        let top = frames.iter().find(|frame| frame["in_app"] == true);
        let function = top.and_then(|frame| frame["function"].as_str()).unwrap_or_default();
        Self {
            level: text("level"),
            title: text("title"),
            culprit: text("culprit"),
            top: function.to_owned(),
            handled: exception["mechanism"]["handled"] != false,
        }
    }
}

/// Waits for as many events as are expected, and checks them and what all events of a program share.
pub(super) async fn check(system: &System, platform: &str, expected: &[Shown]) -> Vec<Value> {
    let count = expected.len().try_into().unwrap();
    system.drained(count).await.assert_all(count);
    let events = all_events(system).await;
    let sorted = |mut all: Vec<Shown>| {
        all.sort();
        all
    };
    let shown = sorted(events.iter().map(Shown::of).collect());
    assert_eq!(shown, sorted(expected.to_vec()));
    for event in &events {
        assert_eq!(event["platform"], platform, "{event}");
        assert_eq!(
            (&event["release"], &event["environment"]),
            (&json!(RELEASE), &json!(ENVIRONMENT))
        );
        assert_eq!(event["user"]["id"], "42", "{event}");
        assert_eq!(event["user"]["email"], "mia@example.com", "{event}");
        assert_eq!(event["tags"]["service"], "shop", "{event}");
        assert!(!event.to_string().contains(SECRET), "{event}");
    }
    events
}

/// The event of a title.
pub(super) fn titled<'a>(events: &'a [Value], title: &str) -> &'a Value {
    events.iter().find(|event| event["title"] == title).unwrap()
}

/// The SDK has sent a secret at each of these places.
#[track_caller]
pub(super) fn assert_filtered(event: &Value, places: &[&str]) {
    for place in places {
        let held = event.pointer(place).unwrap_or_else(|| panic!("nothing at {place}: {event}"));
        assert_eq!(held, "[Filtered]", "{place}");
    }
}

/// Every event of every error.
async fn all_events(system: &System) -> Vec<Value> {
    let errors = system.client.get("/api/errors?limit=100").await;
    let mut events = Vec::new();
    for error in errors.data()["errors"].as_array().unwrap() {
        let id = error["id"].as_str().unwrap();
        let list = system.client.get(&format!("/api/errors/{id}/events?limit=100")).await;
        for event in list.data()["events"].as_array().unwrap() {
            let id = event["event_id"].as_str().unwrap();
            events.push(system.client.get(&format!("/api/events/{id}")).await.data().clone());
        }
    }
    events
}
