//! Operations that make one error of several, and several of one.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::errors::{NO_SUCH, TAG};
use super::operation::Operation;
use super::parameters;
use super::schema::{input, integer, list, object, text, uuid, with, word};

const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const OTHER: &str = "0b1f2c3d-4e5f-8a6b-9c7d-8e9f0a1b2c3d";
const FINGERPRINT: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![merge(), unmerge()]
}

/// A fingerprint.
pub(super) fn fingerprint(description: &str) -> Value {
    with(text(description), json!({"pattern": "^[0-9a-fA-F]{32}$"}))
}

fn merge() -> Operation {
    let ids = with(
        list(uuid("An error's id."), "The errors that become part of it, of the same project."),
        json!({"minItems": 1, "maxItems": 1_000}),
    );
    let body = input(
        "Which errors.",
        &["into", "ids"],
        [("into", uuid("The error that stays.")), ("ids", ids)],
    );
    let data = object(
        "The result.",
        [
            ("status", word(["merged"], "What was done.")),
            ("id", uuid("The error's id.")),
            ("merged", integer("How many errors became part of it.")),
            ("already_merged", list(uuid("An error's id."), "The ids that led to it before.")),
            ("fingerprints", integer("How many fingerprints it holds now; at most 100.")),
        ],
    );
    let example = json!({
        "status": "merged", "id": ID, "merged": 1, "already_merged": [], "fingerprints": 2,
    });
    Operation::new(TAG, (Method::POST, "/api/errors/merge"), "mergeErrors", "Merge errors")
        .describe(
            "All or nothing. Events, users and times of all count together, every id goes on \
             leading to the error that its events went into, and later events of each fingerprint \
             count here. The error that stays keeps its status. Repeating it changes nothing. Each \
             fingerprint's own numbers are kept, so that it can be taken out again.",
        )
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"into": ID, "ids": [OTHER]}))
        .answers(StatusCode::OK, "They are one error.", data, &example)
        .fails(NO_SUCH)
        .fails([StatusCode::CONFLICT])
}

fn unmerge() -> Operation {
    let fingerprints = with(
        list(fingerprint("A fingerprint."), "The fingerprints."),
        json!({"minItems": 1, "maxItems": 100}),
    );
    let body = input("What is taken out.", &["fingerprints"], [("fingerprints", fingerprints)]);
    let taken = object(
        "An error of its own again.",
        [
            ("id", uuid("Its id, as before.")),
            ("fingerprint", fingerprint("Its fingerprint.")),
            ("count", integer("How many events it has, those since the merge among them.")),
        ],
    );
    let data = object(
        "The result.",
        [
            ("status", word(["unmerged"], "What was done.")),
            ("id", uuid("The id of the error that they were taken out of.")),
            ("errors", list(taken, "The errors that came of it.")),
        ],
    );
    let example = json!({
        "status": "unmerged", "id": ID,
        "errors": [{"id": OTHER, "fingerprint": FINGERPRINT, "count": 42}],
    });
    let path = "/api/errors/{id}/unmerge";
    Operation::new(TAG, (Method::POST, path), "unmergeError", "Take fingerprints out of an error")
        .describe(
            "Each becomes an error of its own, with the id, the status and the assignment that it \
             had before it was merged, and with exactly what it counted before and since. What was \
             resolved and came again meanwhile is a regression. The fingerprint that the error \
             began with stays.",
        )
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"fingerprints": [FINGERPRINT]}))
        .answers(StatusCode::OK, "They are errors of their own.", data, &example)
        .fails(NO_SUCH)
        .fails([StatusCode::CONFLICT])
}
