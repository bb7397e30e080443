//! Operations of the gateway, which takes errors in. The edge leads their paths there.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::schema::{
    Field, input, integer, list, named, object, or_null, text, time, uuid, with, word,
};
use super::{error_object, parameters};

const TAG: &str = "submitting";

/// Why nothing at all is taken.
const REFUSALS: [StatusCode; 2] = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND];

/// The schemas of what is submitted and answered.
pub(super) fn schemas() -> Vec<Field> {
    vec![("Report", report()), ("ReportedUser", user()), ("Ids", ids())]
}

fn report() -> Value {
    let levels = ["error", "warning", "info", "debug", "fatal", "critical"];
    let level = word(levels, "How bad it is; `critical` means `fatal`.");
    let environment = text("The client's environment; 64 bytes.");
    let one_or_more = json!({
        "type": ["string", "array", "null"],
        "items": {"type": ["string", "number", "boolean"]},
        "description": "The client's own grouping; `{{ default }}` stands for ours. 32 parts.",
    });
    let tags = json!({
        "type": ["object", "null"],
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "description": "Searchable labels: 100, of 200 bytes each.",
    });
    let context = json!({
        "type": ["object", "null"],
        "description": "Free data: 256 KiB of JSON. More than 32 levels of nesting are refused.",
    });
    let optional = |description| or_null(text(description));
    input(
        "An error to submit. What is longer than its bound is cut and noted in the event, not \
         refused. Values that look like secrets become `[Filtered]` before anything is stored. \
         Unknown fields are ignored.",
        &["message", "source"],
        [
            ("message", with(text("What happened; 8 KiB."), json!({"minLength": 1}))),
            ("source", with(text("Where it comes from; 200 bytes."), json!({"minLength": 1}))),
            ("level", with(or_null_word(level), json!({"default": "error"}))),
            ("environment", with(or_null(environment), json!({"default": "production"}))),
            ("stack_trace", optional("The stack as text, of any common language; 64 KiB.")),
            ("context", context),
            ("url", optional("The URL that was being served or shown; 4 KiB.")),
            (
                "timestamp",
                or_null(time("When it happened: at most 30 days ago, 60 seconds ahead.")),
            ),
            ("release", optional("The version of the program; 200 bytes.")),
            ("user", or_null(named("ReportedUser"))),
            ("tags", tags),
            ("exception_type", optional("The type of the exception; 256 bytes.")),
            ("fingerprint", one_or_more),
            (
                "event_id",
                json!({
                    "description": "The client's id: the same one within 24 hours counts once. An \
                        empty one is none.",
                    "anyOf": [uuid("A UUID."), {"type": "string", "const": ""}, {"type": "null"}],
                }),
            ),
        ],
    )
}

/// A word, or null for the default.
fn or_null_word(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn user() -> Value {
    let part = |description: &str| json!({"type": ["string", "number", "boolean", "null"], "description": description});
    input(
        "Whom it happened to; 200 bytes each.",
        &[],
        [
            ("id", part("The client's id of the user.")),
            ("email", part("Mail address.")),
            ("username", part("Login name.")),
            ("ip_address", part("The user's address.")),
        ],
    )
}

fn ids() -> Value {
    let hex = json!({"pattern": "^[0-9a-f]{32}$"});
    object(
        "The ids of an accepted error.",
        [
            ("id", uuid("The error's id, the same for every event of it.")),
            ("fingerprint", with(text("What its events have in common."), hex)),
            ("event_id", uuid("The event's id.")),
        ],
    )
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![submit(), submit_many()]
}

fn example() -> Value {
    json!({
        "level": "error", "message": "Database connection failed", "source": "backend",
        "release": "shop@1.4.2", "tags": {"region": "eu"},
        "context": {"service": "user-service", "password": "hunter2"},
    })
}

fn submit() -> Operation {
    let key = with(
        text("Makes repeating safe, as `event_id` does, which goes before it."),
        json!({"minLength": 1, "maxLength": 255}),
    );
    let prefer = text("`return=minimal`: the ids are enough.");
    let data = json!({"anyOf": [named("Error"), named("Ids")]});
    Operation::new(TAG, (Method::POST, "/api/errors"), "submitError", "Submit an error")
        .describe(
            "Answers once the event is durable; from then on nothing loses it. `count`, \
             `first_seen` and `last_seen` of the answer speak of this event alone. The body may \
             be 1 MiB, and be compressed: gzip, deflate, br or zstd.",
        )
        .takes(parameters::project_scope())
        .takes([parameters::header("Idempotency-Key", &key), parameters::header("Prefer", &prefer)])
        .reads(true, &named("Report"), &example())
        .answers(StatusCode::CREATED, "The event is durable.", data, &error_object::example())
        .leads_to(
            StatusCode::CREATED,
            &[
                "getError",
                "listEvents",
                "resolveError",
                "unresolveError",
                "assignError",
                "deleteError",
            ],
        )
        .fails(REFUSALS)
}

fn submit_many() -> Operation {
    let example_ids = json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "fingerprint": "b1946ac92492d2347c6235b4d2611184",
        "event_id": "9c1185a5-c5e9-4c54-b508-4c2f1e5f0d6a",
    });
    let reports = with(list(named("Report"), "The errors."), json!({"maxItems": 1_000}));
    let content = json!({
        "application/json": {"schema": reports, "example": [example()]},
        "application/x-ndjson": {
            "schema": {
                "type": "string", "pattern": "\\S", "description": "One `Report` a line.",
            },
            "example": format!("{}\n", example()),
        },
    });
    let result = json!({"anyOf": [named("Ids"), named("RejectedItem")]});
    let data = object(
        "What became of the items.",
        [
            ("accepted", integer("How many are durable.")),
            ("rejected", integer("How many are not.")),
            ("results", list(result, "One for each item, in their order.")),
        ],
    );
    let answer = json!({"accepted": 1, "rejected": 0, "results": [example_ids]});
    let path = (Method::POST, "/api/errors/batch");
    Operation::new(TAG, path, "submitErrors", "Submit many errors")
        .describe(
            "Up to 1,000, as an array or one object a line; each stands for itself. 503 means that \
             none was accepted. The body may be 20 MiB, 100 MiB once inflated, and 1 MiB for each \
             item.",
        )
        .takes(parameters::project_scope())
        .reads_content(true, &content)
        .answers(StatusCode::OK, "What became of the items.", data, &answer)
        .fails(REFUSALS)
}
