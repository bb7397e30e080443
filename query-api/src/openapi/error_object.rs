//! The schemas and the example of an error. `errors/view.rs` writes what is described here.

use serde_json::{Value, json};
use shared::event::Level;

use super::schema::{
    Field, extended, flag, free_object, integer, list, named, object, or_null, text, texts_by_name,
    time, uuid, with, word,
};
use crate::errors::Status;

/// The schemas of errors and of what events and errors share.
pub(super) fn schemas() -> Vec<Field> {
    vec![
        ("Level", level()),
        ("Status", status()),
        ("User", user()),
        ("Error", error()),
        ("ListedError", listed()),
        ("DetailedError", detailed()),
    ]
}

fn level() -> Value {
    word(Level::ALL.map(Level::as_str), "How bad it is, mildest first.")
}

fn status() -> Value {
    word(Status::ALL.map(Status::as_str), "What people decided about an error.")
}

fn user() -> Value {
    object(
        "Whom it happened to.",
        [
            ("id", or_null(text("The client's id of the user."))),
            ("email", or_null(text("Mail address."))),
            ("username", or_null(text("Login name."))),
            ("ip_address", or_null(text("The user's address, as the client gave it."))),
        ],
    )
}

fn error() -> Value {
    let hex = json!({"pattern": "^[0-9a-f]{32}$"});
    object(
        "An error: all events of a project that have one fingerprint. What an event says is that \
         of the latest one.",
        [
            ("id", uuid("The error's id, the same for every event of it.")),
            ("event_id", uuid("The id of the latest event.")),
            ("project_id", integer("The project.")),
            ("fingerprint", with(or_null(text("What its events have in common.")), hex)),
            ("title", text("One line to show: type and first line of the message.")),
            ("level", named("Level")),
            ("message", text("What the client said.")),
            ("source", text("Where it comes from, in the client's words.")),
            ("environment", or_null(text("The client's environment."))),
            ("release", or_null(text("The version of the client's program."))),
            ("exception_type", or_null(text("The type of the exception."))),
            ("culprit", or_null(text("Function and module to look at first."))),
            ("stack_trace", or_null(text("The stack as text."))),
            ("context", or_null(free_object("Free data of the client."))),
            ("tags", texts_by_name("Searchable labels.")),
            ("user", or_null(named("User"))),
            ("url", or_null(text("The URL that was being served or shown."))),
            ("user_agent", or_null(text("`User-Agent` of the request that brought the event."))),
            ("ip_address", or_null(text("Address that the event came from."))),
            ("timestamp", time("When the latest event happened.")),
            ("first_seen", time("When the first event happened.")),
            ("last_seen", time("When the latest event happened.")),
            ("count", integer("Events so far.")),
            ("users_affected", integer("Different users of its events.")),
            ("status", named("Status")),
            ("resolved", flag("Whether the status is `resolved`.")),
            ("resolved_at", or_null(time("When it was resolved."))),
            ("regressed", flag("Whether it came back after a resolve.")),
            ("assigned_to", or_null(text("Who looks after it."))),
            ("created_at", time("When it was stored first.")),
            ("updated_at", time("When it changed last.")),
        ],
    )
}

fn listed() -> Value {
    let omitted = list(
        json!({"type": "string", "enum": ["stack_trace", "context"]}),
        "Fields that are null because they are larger than 4 KiB.",
    );
    extended("Error", "An error as a row of a list.", [("omitted", omitted)])
}

fn detailed() -> Value {
    extended("Error", "An error with its latest event.", [("latest_event", named("Event"))])
}

/// An error, as examples show it.
pub(super) fn example() -> Value {
    json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "event_id": "9c1185a5-c5e9-4c54-b508-4c2f1e5f0d6a",
        "project_id": 1,
        "fingerprint": "b1946ac92492d2347c6235b4d2611184",
        "title": "OperationalError: Database connection failed",
        "level": "error",
        "message": "Database connection failed",
        "source": "backend",
        "environment": "production",
        "release": "shop@1.4.2",
        "exception_type": "OperationalError",
        "culprit": "connect in shop/db.py",
        "stack_trace": null,
        "context": {"service": "user-service", "password": "[Filtered]"},
        "tags": {"region": "eu"},
        "user": {"id": "42", "email": null, "username": null, "ip_address": null},
        "url": "https://shop.example/pay",
        "user_agent": "python-requests/2.32",
        "ip_address": "203.0.113.7",
        "timestamp": "2025-08-29T12:00:00.000Z",
        "first_seen": "2025-08-29T12:00:00.000Z",
        "last_seen": "2025-08-29T12:00:00.000Z",
        "count": 1,
        "users_affected": 1,
        "status": "unresolved",
        "resolved": false,
        "resolved_at": null,
        "regressed": false,
        "assigned_to": null,
        "created_at": "2025-08-29T12:00:00.120Z",
        "updated_at": "2025-08-29T12:00:00.120Z",
    })
}

/// The example with more fields.
pub(super) fn example_with(fields: Value) -> Value {
    with(example(), fields)
}
