//! The schemas and the example of an event. `errors/event_view.rs` writes what is described here.

use serde_json::{Value, json};

use super::schema::{
    Field, extended, flag, free_object, integer, list, named, object, or_null, text, texts_by_name,
    time, uuid, with, word,
};

/// The schemas of events.
pub(super) fn schemas() -> Vec<Field> {
    vec![
        ("Event", event()),
        ("ListedEvent", listed()),
        ("Request", request()),
        ("Exception", exception()),
        ("Frame", frame()),
        ("Thread", thread()),
        ("Note", note()),
    ]
}

fn event() -> Value {
    object(
        "An event: one report. What the client did not send is null or empty.",
        [
            ("event_id", uuid("The client's id, or one made at the receipt.")),
            ("error_id", uuid("The error that it went into.")),
            ("project_id", integer("The project.")),
            ("timestamp", time("When it happened.")),
            ("received_at", or_null(time("When it was received."))),
            ("level", named("Level")),
            ("title", text("One line to show: type and first line of the message.")),
            ("exception_type", or_null(text("The type of the exception."))),
            ("message", text("What the client said.")),
            ("culprit", or_null(text("Function and module to look at first."))),
            ("platform", or_null(text("Language or runtime of the client."))),
            ("release", or_null(text("The version of the client's program."))),
            ("environment", or_null(text("The client's environment."))),
            ("server_name", or_null(text("Host that the client ran on."))),
            ("user", or_null(named("User"))),
            ("tags", texts_by_name("Searchable labels.")),
            ("contexts", or_null(free_object("Free data of the client."))),
            ("request", or_null(named("Request"))),
            ("breadcrumbs", or_null(list(json!({}), "What happened before."))),
            ("sdk", or_null(free_object("The client library."))),
            ("modules", or_null(free_object("Versions of the program's libraries."))),
            ("extra", or_null(free_object("Data of the client that belongs to no context."))),
            ("logger", or_null(text("The logger that it came through."))),
            ("transaction", or_null(text("The route, task or page during which it happened."))),
            ("dist", or_null(text("The variant of the release."))),
            ("log_message", or_null(text("What was logged together with the exception."))),
            ("threads", or_null(list(named("Thread"), "The threads of the program."))),
            ("stack_trace", or_null(text("The stack as text."))),
            ("exceptions", list(named("Exception"), "Outermost (last raised) first.")),
            ("source", text("Where it comes from, in the client's words.")),
            ("notes", list(named("Note"), "What was changed about it on its way in.")),
            ("whole", flag("False: its payload was left out by a budget; it counts all the same.")),
        ],
    )
}

/// Fields that may be too large for a list.
const OMISSIBLE: [&str; 8] = [
    "stack_trace",
    "contexts",
    "exceptions",
    "breadcrumbs",
    "extra",
    "modules",
    "request",
    "threads",
];

fn listed() -> Value {
    let omitted = list(
        json!({"type": "string", "enum": OMISSIBLE}),
        "Fields that are null or empty because they are larger than 4 KiB.",
    );
    extended("Event", "An event as a row of a list.", [("omitted", omitted)])
}

fn request() -> Value {
    let anything = |description: &str| json!({"description": description});
    object(
        "The request during which it happened. SDKs send lists of pairs, objects or texts.",
        [
            ("url", or_null(text("The URL that was being served or shown."))),
            ("method", or_null(text("The method."))),
            ("query_string", anything("The query.")),
            ("headers", anything("Its headers.")),
            ("cookies", anything("Its cookies.")),
            ("data", anything("Its body.")),
            ("env", anything("What the server knows of it.")),
        ],
    )
}

fn thread() -> Value {
    object(
        "A thread of the program when it happened.",
        [
            ("id", or_null(text("The runtime's id of it."))),
            ("name", or_null(text("Its name."))),
            ("crashed", or_null(flag("Whether it ended the program."))),
            ("current", or_null(flag("Whether the event was made on it."))),
            ("frames", list(named("Frame"), "Its stack, where it stands in no exception.")),
        ],
    )
}

fn exception() -> Value {
    object(
        "One exception of a chain.",
        [
            ("type", or_null(text("The class or type, such as `ValueError`."))),
            ("value", or_null(text("The text that it was raised with."))),
            ("module", or_null(text("Module or package of the type."))),
            ("mechanism", or_null(free_object("How it was caught."))),
            ("frames", list(named("Frame"), "The call stack, innermost frame first.")),
        ],
    )
}

fn frame() -> Value {
    let from_one = |description| or_null(with(integer(description), json!({"format": "int32"})));
    let lines = |description| list(json!({"type": "string"}), description);
    object(
        "One call of a stack.",
        [
            ("function", or_null(text("Function or method, as the runtime names it."))),
            ("module", or_null(text("Module, package or class."))),
            ("filename", or_null(text("Path within the program, where known."))),
            ("abs_path", or_null(text("Path, as the runtime gives it."))),
            ("lineno", from_one("Line, from 1.")),
            ("colno", from_one("Column, from 1.")),
            ("in_app", or_null(flag("Whether it is the program's own code."))),
            ("context_line", or_null(text("The source line."))),
            ("pre_context", lines("Lines before it.")),
            ("post_context", lines("Lines after it.")),
            ("vars", free_object("Local variables.")),
        ],
    )
}

fn note() -> Value {
    let changes = ["truncated", "dropped", "clock_corrected"];
    object(
        "Something that was changed about an event on its way in.",
        [
            ("field", text("Path of the field, such as `context.user`.")),
            ("change", word(changes, "What happened to it.")),
        ],
    )
}

/// An event, as examples show it.
pub(super) fn example() -> Value {
    json!({
        "event_id": "9c1185a5-c5e9-4c54-b508-4c2f1e5f0d6a",
        "error_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "project_id": 1,
        "timestamp": "2025-08-29T12:00:00.000Z",
        "received_at": "2025-08-29T12:00:00.100Z",
        "level": "error",
        "title": "OperationalError: Database connection failed",
        "exception_type": "OperationalError",
        "message": "Database connection failed",
        "culprit": "connect in shop/db.py",
        "platform": null,
        "release": "shop@1.4.2",
        "environment": "production",
        "server_name": null,
        "user": {"id": "42", "email": null, "username": null, "ip_address": null},
        "tags": {"region": "eu"},
        "contexts": {"service": "user-service", "password": "[Filtered]"},
        "request": {
            "url": "https://shop.example/pay", "method": null, "query_string": null,
            "headers": null, "cookies": null, "data": null, "env": null,
        },
        "breadcrumbs": null,
        "sdk": null,
        "modules": null,
        "extra": null,
        "logger": null,
        "transaction": null,
        "dist": null,
        "log_message": null,
        "threads": null,
        "stack_trace": null,
        "exceptions": [example_exception()],
        "source": "backend",
        "notes": [], "whole": true,
    })
}

fn example_exception() -> Value {
    json!({
        "type": "OperationalError",
        "value": "Database connection failed",
        "module": null,
        "mechanism": null,
        "frames": [{
            "function": "connect", "module": null, "filename": "shop/db.py",
            "abs_path": "/srv/shop/db.py", "lineno": 17, "colno": null, "in_app": true,
            "context_line": null, "pre_context": [], "post_context": [], "vars": {},
        }],
    })
}
