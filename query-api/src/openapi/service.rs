//! Operations about the service itself.

use http::{Method, StatusCode};
use serde_json::json;

use super::operation::Operation;
use super::schema::{free_object, list, object, text, time};

const TAG: &str = "service";

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    let health = object(
        "A live service.",
        [
            ("status", json!({"type": "string", "const": "ok"})),
            ("timestamp", time("The service's time.")),
        ],
    );
    let example = json!({"status": "ok", "timestamp": "2025-08-29T12:00:00.000Z"});
    let health =
        Operation::new(TAG, (Method::GET, "/health"), "getHealth", "Whether a service is alive")
            .describe("Answered by any live service; not in the success form.")
            .answers_bare(StatusCode::OK, "A service is alive.", &health, &example);
    let document = object(
        "This document.",
        [
            ("openapi", text("The version of OpenAPI.")),
            ("info", free_object("About the API.")),
            ("servers", list(free_object("A server."), "Where the API is.")),
            ("tags", list(free_object("A group."), "The groups that operations stand in.")),
            ("paths", free_object("The operations, by path and method.")),
            ("components", free_object("What the operations refer to.")),
        ],
    );
    let example = json!({
        "openapi": super::VERSION, "info": {"title": "Errata", "version": "0"},
        "servers": [{"url": "/"}], "tags": [], "paths": {}, "components": {},
    });
    let path = (Method::GET, "/api/openapi.json");
    let document = Operation::new(TAG, path, "getOpenapi", "This document")
        .describe("Not in the success form.")
        .answers_bare(StatusCode::OK, "This document.", &document, &example);
    vec![health, document]
}
