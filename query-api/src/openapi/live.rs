//! The operation that tells what happens. `live/` and `shared::live` write what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::event::Level;

use super::operation::Operation;
use super::parameters::{self, header, query, query_list};
use super::schema::{
    Field, flag, integer, list, named, number, object, or_null, text, time, uuid, word,
};

const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

/// The schemas of messages.
pub(super) fn schemas() -> Vec<Field> {
    let kinds = ["LiveHello", "LiveErrors", "LiveFiring", "LiveIncident", "LiveRefresh", "LiveEnd"];
    let message = json!({
        "description": "One message, told by its `type`. More types may come.",
        "anyOf": kinds.map(named),
    });
    vec![
        ("LiveMessage", message),
        ("LiveHello", hello()),
        ("LiveErrors", errors()),
        ("LiveFiring", firing()),
        ("LiveIncident", incident()),
        ("LiveRefresh", refresh()),
        ("LiveEnd", end()),
        ("LiveError", error_summary()),
    ]
}

/// The fields of every message.
fn message(kinds: &[&'static str], fields: Vec<Field>) -> Vec<Field> {
    let last_id = "Where a client that has read this goes on: `last_id` of its next request. Null \
                   where that is not known.";
    let mut all = vec![
        ("type", word(kinds.iter().copied(), "What it is.")),
        ("last_id", or_null(text(last_id))),
    ];
    all.extend(fields);
    all
}

fn project() -> Field {
    ("project_id", integer("The project that it is about."))
}

fn hello() -> Value {
    let projects = list(integer("A project."), "The projects that are listened to.");
    object("The first message.", message(&["hello"], vec![("projects", projects)]))
}

fn errors() -> Value {
    let mut changed = vec![("id", uuid("The error's id."))];
    changed.extend(numbers());
    let changed = object("Numbers of an error.", changed);
    let fields = vec![
        project(),
        ("new", list(named("LiveError"), "Seen for the first time.")),
        ("regressed", list(named("LiveError"), "Resolved, and seen again.")),
        ("changed", list(changed, "Seen again.")),
        ("more", flag("There was more than the lists hold; each holds at most 50.")),
    ];
    object("What became of errors within about half a second.", message(&["errors"], fields))
}

fn numbers() -> [Field; 4] {
    [
        ("count", integer("Events.")),
        ("users_affected", integer("Users that they happened to.")),
        ("last_seen", time("When the latest event happened.")),
        ("status", word(["unresolved", "resolved", "ignored"], "What people decided about it.")),
    ]
}

fn error_summary() -> Value {
    let mut fields = vec![
        ("id", uuid("The error's id.")),
        ("title", text("Type and first line of the message.")),
        ("culprit", or_null(text("Where it was raised."))),
        ("level", word(Level::ALL.map(Level::as_str), "The level of its latest event.")),
        ("source", text("The source of its latest event.")),
        ("first_seen", time("When its first event happened.")),
    ];
    fields.extend(numbers());
    object("An error in a message.", fields)
}

fn firing() -> Value {
    let fields = vec![
        project(),
        ("firing_id", uuid("The firing's id.")),
        ("rule_id", uuid("The rule's id.")),
        ("rule_name", text("The rule's name when it fired.")),
        ("severity", word(SEVERITIES, "The rule's severity when it fired.")),
        ("state", word(["firing", "ended"], "Whether it fires.")),
        ("error_id", or_null(uuid("The error that it fires about, if it looks at each."))),
        ("value", number("What was measured.")),
        ("threshold", number("What it was measured against.")),
        ("at", time("When.")),
    ];
    object("A rule began or ceased to fire.", message(&["firing"], fields))
}

fn incident() -> Value {
    let statuses = ["investigating", "identified", "monitoring", "resolved"];
    let changes = ["opened", "changed", "fired", "recovered", "resolved"];
    let fields = vec![
        project(),
        ("id", uuid("The incident's id.")),
        ("title", text("Its title.")),
        ("severity", word(SEVERITIES, "Its severity.")),
        ("status", word(statuses, "Its status.")),
        ("change", word(changes, "What became of it.")),
    ];
    object("An incident was opened or changed.", message(&["incident"], fields))
}

fn refresh() -> Value {
    let project = or_null(integer("The project that it is about; null: all that are listened to."));
    let meaning = "Something has changed or was missed, and is not told in detail: what is shown \
                   should be read again.";
    object(meaning, message(&["refresh"], vec![("project_id", project)]))
}

fn end() -> Value {
    let reason = text("Why the connection ends.");
    let meaning = "The last message: `dropped` from a client that does not keep up, `ended` when the \
                   key or the project is no more, `bye` when the service shuts down and another one \
                   should be connected to.";
    object(meaning, message(&["dropped", "ended", "bye"], vec![("reason", reason)]))
}

/// The operation.
pub(super) fn operations() -> Vec<Operation> {
    let example = json!({"type": "hello", "last_id": "1763719200000-0", "projects": [1]});
    let kinds = word(["errors", "firing", "incident"], "A type of messages.");
    let last_id = "`last_id` of the last message that was read: what came after it comes first, or \
                   `refresh` if that can't be told any more.";
    let again = "As `last_id`, which it goes before; browsers send it when they connect again.";
    let live = Operation::new("errors", (Method::GET, "/api/live"), "listen", "Hear what happens")
        .describe(DESCRIPTION)
        .takes(parameters::project_scope())
        .takes([
            query_list("types", &kinds, "Only these, and what every client is told."),
            query("last_id", &text(last_id)),
            header("Last-Event-ID", &text(again)),
        ])
        .answers_events(
            "Messages, one an event, until one of both sides ends it.",
            &named("LiveMessage"),
            &example,
        )
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    vec![live]
}

const DESCRIPTION: &str = "Messages come as they happen: as text messages to a request that wants a \
    WebSocket (`Upgrade: websocket`, answered 101), as server-sent events to any other. A client that \
    does not keep up is told so and disconnected; it loses nothing when it comes back with `last_id` \
    within a minute. Every 15 seconds there is a ping, or a comment.";
