//! The doors of Sentry's SDKs, which the gateway answers. What they read is Sentry's protocol, whose own
//! documents describe it.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::parameters;
use super::schema::{Field, object, text, with};

const TAG: &str = "submitting";

/// The schemas of what is answered.
pub(super) fn schemas() -> Vec<Field> {
    let hex = json!({"pattern": "^[0-9a-f]{32}$"});
    let id = with(text("The event's id without dashes."), hex);
    let mut accepted =
        object("What SDKs are answered; empty when they sent nothing with an id.", [("id", id)]);
    accepted["required"] = json!([]);
    vec![("Accepted", accepted)]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        envelope(),
        store("/api/{project_id}/store/", "storeEvent", "Store an event of an older SDK")
            .takes([parameters::project_of_door()]),
        store("/api/store/", "storeEventByKey", "Store an event of the oldest SDKs"),
        pixel("/api/{project_id}/store/", "storeEventAsImage")
            .takes([parameters::project_of_door()]),
        pixel("/api/store/", "storeEventAsImageByKey"),
    ]
}

const KEYS: &str = "SDKs need nothing but a project's DSN. Its key stands in `X-Sentry-Auth` or \
    `Authorization` (`Sentry sentry_key=…`, or as the user of `Basic`), as `sentry_key` in the \
    query, or as `dsn` in an envelope's first line; `X-API-Key` works, too. Answers once the event \
    is durable. Slashes may be doubled or missing at the end, pages of any origin may ask.";

fn envelope() -> Operation {
    let content = json!({
        "application/x-sentry-envelope": {
            "schema": {"type": "string", "format": "binary", "description": "Lines and payloads."},
            "example": "{}\n{\"type\":\"event\"}\n{\"message\":\"Payment failed\"}\n",
        },
    });
    let path = (Method::POST, "/api/{project_id}/envelope/");
    let operation = Operation::new(TAG, path, "sendEnvelope", "Send what an SDK has to say");
    let operation = operation.describe(KEYS).takes([parameters::project_of_door()]);
    answered(operation.reads_content(true, &content))
}

fn store(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    let event = json!({"type": "object", "description": "An event, as Sentry's SDKs send it."});
    let content = json!({
        "application/json": {"schema": event, "example": {"message": "Payment failed"}},
    });
    let operation = Operation::new(TAG, (Method::POST, path), id, summary).describe(KEYS);
    answered(operation.reads_content(true, &content))
}

fn answered(operation: Operation) -> Operation {
    let accepted: Value = json!({"$ref": "#/components/schemas/Accepted"});
    let example = json!({"id": "24581c3f7f1d4b54a32a4b2f5a1d0a01"});
    operation
        .answers_bare(StatusCode::OK, "What was sent is taken.", &accepted, &example)
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn pixel(path: &'static str, id: &'static str) -> Operation {
    let data = text("The event as JSON, or as base64 of it.");
    Operation::new(TAG, (Method::GET, path), id, "Store an event that comes as an image")
        .describe(KEYS)
        .takes([parameters::query("sentry_data", &data)])
        .answers_image("The event is durable.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::PAYLOAD_TOO_LARGE])
}
