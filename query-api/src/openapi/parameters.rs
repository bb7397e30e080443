//! Parameters that several operations take, and the headers of answers.

use serde_json::{Value, json};

use shared::integrations::Name;

use super::schema::{Field, integer, text, uuid, with, word};

/// A parameter of the query string.
pub(super) fn query(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "schema": schema})
}

/// A parameter of the query string that takes several values between commas.
pub(super) fn query_list(name: &str, items: &Value, description: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "style": "form", "explode": false,
        "description": description,
        "schema": {"type": "array", "maxItems": 100, "items": items},
    })
}

/// A header of the request.
pub(super) fn header(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "header", "required": false, "schema": schema})
}

fn path(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// A page's size.
pub(super) fn limit() -> Value {
    let bounds = json!({"minimum": 1, "maximum": 100, "default": 50});
    query("limit", &with(integer("How many at most."), bounds))
}

/// The error that the path names.
pub(super) fn error_id() -> Value {
    path("id", &uuid("The error's id: the one that submitting any of its events answered."))
}

/// What the path names by a UUID.
pub(super) fn id(description: &str) -> Value {
    path("id", &uuid(description))
}

/// The event that the path names.
pub(super) fn event_id() -> Value {
    path("event_id", &uuid("The event's id."))
}

/// The project that the path names.
pub(super) fn project_in_path() -> Value {
    let bounds = json!({"minimum": 1, "maximum": i32::MAX, "format": "int32"});
    path("id", &with(integer("The project's id."), bounds))
}

/// The project whose door it is.
pub(super) fn project_of_door() -> Value {
    let bounds = json!({"minimum": 1, "maximum": i32::MAX, "format": "int32"});
    path("project_id", &with(integer("The project of the DSN."), bounds))
}

/// The integration that the path names.
pub(super) fn integration_in_path() -> Value {
    path("name", &word(Name::ALL.map(Name::as_str), "The integration's name."))
}

/// How a request with a key of the installation names a project.
pub(super) fn project_scope() -> [Value; 2] {
    ["ProjectId", "XProjectId"]
        .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
}

/// The parameters that operations refer to.
pub(super) fn shared() -> Vec<Field> {
    let bounds = json!({"minimum": 1, "maximum": i32::MAX, "format": "int32"});
    let meaning = "The project that the request is about. A key of one project may name no other \
                   one; with a key of the installation, no project means all of them for reads and \
                   changes, and project 1 for submitted errors, new rules and new incidents.";
    let in_query = query("project_id", &with(integer(meaning), bounds.clone()));
    let meaning = "As `project_id`, which goes before it.";
    let in_header = header("X-Project-Id", &with(integer(meaning), bounds));
    vec![("ProjectId", in_query), ("XProjectId", in_header)]
}

/// The headers that answers refer to.
pub(super) fn headers() -> Vec<Field> {
    let answer = |schema: Value| json!({"schema": schema});
    let request_id = text(
        "The id of the request: the one it brought in `X-Request-Id` when that has 1 to 128 \
         visible ASCII characters, else a fresh one.",
    );
    let cache = json!({
        "type": "string", "enum": ["hit", "miss", "bypass"],
        "description": "Whether the answer was remembered, computed, or computed without the cache.",
    });
    let retry_after = integer("Seconds after which another attempt makes sense.");
    let reset = "When the whole limit is free again if nothing more is asked, in Unix seconds.";
    vec![
        ("X-Request-Id", answer(request_id)),
        ("X-Cache", answer(cache)),
        ("Retry-After", answer(retry_after)),
        ("X-RateLimit-Limit", answer(integer("What the key may ask in a minute."))),
        ("X-RateLimit-Remaining", answer(integer("What it may still ask now."))),
        ("X-RateLimit-Reset", answer(integer(reset))),
    ]
}
