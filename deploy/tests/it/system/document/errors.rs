//! Health, errors and their actions.

use serde_json::json;

use super::row::Kind::{Flag, List, Object, OneOf, OrNull, Text, Time, Uuid, Whole};
use super::row::{Fields, Row};
use super::{Known, NOBODY};

const LEVELS: &[&str] = &["error", "warning", "info", "debug", "fatal"];

/// An error object.
const ERROR: Fields = &[
    ("id", Uuid),
    ("timestamp", Time),
    ("level", OneOf(LEVELS)),
    ("message", Text),
    ("stack_trace", OrNull(&Text)),
    ("context", OrNull(&Object)),
    ("source", Text),
    ("environment", Text),
    ("user_agent", OrNull(&Text)),
    ("ip_address", OrNull(&Text)),
    ("url", OrNull(&Text)),
    ("fingerprint", Text),
    ("resolved", Flag),
    ("count", Whole),
    ("first_seen", Time),
    ("last_seen", Time),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) fn rows(known: &Known) -> Vec<Row> {
    let one = |path: &'static str, method, status| {
        let of = |id: &str| path.replace("{id}", id);
        Row::new(method, path, status)
            .at(of(&known.error))
            .fails_at(&of("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&of(NOBODY), 404, "NOT_FOUND")
    };
    vec![
        Row::new("GET", "/health", 200).has("", &[("status", OneOf(&["ok"])), ("timestamp", Time)]),
        Row::new("POST", "/api/errors", 201)
            .body(json!({
                "level": "error",
                "message": "Database connection failed",
                "stack_trace": "Error: Connection timeout\n at Database.connect(db.js:45)\n at main(app.js:12)",
                "context": {"user_id": "12345", "session_id": "abc-def-ghi"},
                "source": "backend",
                "environment": "production",
                "url": "https://api.example.com/users",
            }))
            .has("/data", ERROR)
            .fails_with(json!({"source": "backend"}), 400, "VALIDATION_ERROR")
            .fails_with(json!({"message": "no source"}), 400, "VALIDATION_ERROR"),
        Row::new("GET", "/api/errors", 200)
            .at("/api/errors?limit=20&offset=0&level=error&source=backend")
            .has("/data", &[("errors", List), ("total", Whole), ("page", Whole), ("limit", Whole)])
            .has("/data/errors", ERROR)
            .fails_at("/api/errors?limit=101", 400, "VALIDATION_ERROR")
            .fails_at("/api/errors?offset=-1", 400, "VALIDATION_ERROR")
            .fails_at("/api/errors?level=loud", 400, "VALIDATION_ERROR"),
        one("/api/errors/{id}", "GET", 200).has("/data", ERROR),
        one("/api/errors/{id}/resolve", "PUT", 200)
            .has("/data", &[("status", OneOf(&["resolved"]))]),
    ]
}

/// What ends the error that the other rows ask for.
pub(super) fn last_rows(known: &Known) -> Vec<Row> {
    let path = "/api/errors/{id}";
    let of = |id: &str| path.replace("{id}", id);
    vec![
        Row::new("DELETE", path, 204)
            .at(of(&known.error))
            .fails_at(&of("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&of(NOBODY), 404, "NOT_FOUND")
            .fails_at(&of(&known.error), 404, "NOT_FOUND"),
    ]
}
