//! The sanitiser against its corpus, and its properties on generated events.

mod corpus;
mod properties;

use serde_json::{Value, json};
use shared::event::Event;

/// An event with nothing in it but what every event has.
fn bare_event() -> Event {
    serde_json::from_value(json!({
        "event_id": "550e8400-e29b-41d4-a716-446655440000",
        "project_id": 1,
        "timestamp": "2025-08-29T12:00:00.000Z",
        "received_at": "2025-08-29T12:00:00.000Z",
        "level": "error",
        "message": "",
        "source": "web",
        "environment": "production",
    }))
    .expect("the bare event is complete")
}

fn to_json(event: &Event) -> Value {
    serde_json::to_value(event).expect("events are serialisable")
}
