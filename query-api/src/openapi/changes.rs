//! Operations that change errors.

use http::{Method, StatusCode};
use serde_json::json;

use super::errors::{NO_SUCH, TAG, WAITS};
use super::operation::Operation;
use super::parameters;
use super::schema::{input, integer, list, object, or_null, text, time, uuid, with, word};

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        settles("/api/errors/{id}/resolve", "resolveError", "Resolve an error", "resolved")
            .describe(
                "Repeating it changes nothing. An event that happened and was received later \
                 reopens the error and marks it a regression.",
            ),
        settles(
            "/api/errors/{id}/unresolve",
            "unresolveError",
            "Open an error again",
            "unresolved",
        )
        .describe(WAITS),
        ignore(),
        assign(),
        change_many(),
        delete(),
    ]
}

/// A change of one error, without what it reads and answers.
fn change(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(TAG, (Method::PUT, path), id, summary)
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .fails(NO_SUCH)
}

/// A change that results in a status.
fn settles(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    status: &'static str,
) -> Operation {
    let data = object("The result.", [("status", word([status], "The status that results."))]);
    change(path, id, summary).answers(
        StatusCode::OK,
        "The error has the status.",
        data,
        &json!({"status": status}),
    )
}

fn ignore() -> Operation {
    let bounds = json!({"minimum": 1, "maximum": 1_000_000_000});
    let body = input(
        "For how long; without bounds until somebody opens the error again.",
        &[],
        [
            ("until", or_null(time("Until this time, which must lie in the future."))),
            ("events", or_null(with(integer("Until so many more events came."), bounds))),
        ],
    );
    settles("/api/errors/{id}/ignore", "ignoreError", "Ignore an error", "ignored")
        .describe(WAITS)
        .reads(false, &body, &json!({"until": "2035-08-29T12:00:00.000Z", "events": 100}))
}

fn assign() -> Operation {
    let name = || or_null(text("Who looks after it; null for nobody."));
    let bounds = json!({"minLength": 1, "maxLength": 200});
    let body = input("To whom.", &["assigned_to"], [("assigned_to", with(name(), bounds))]);
    let data = object("The result.", [("assigned_to", name())]);
    let example = json!({"assigned_to": "ann@shop.example"});
    change("/api/errors/{id}/assign", "assignError", "Assign an error to somebody")
        .describe(WAITS)
        .reads(true, &body, &example)
        .answers(StatusCode::OK, "The error is assigned.", data, &example)
}

fn change_many() -> Operation {
    let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    let ids = list(uuid("An error's id."), "The errors.");
    let actions = word(["resolve", "unresolve", "ignore"], "What is done to them.");
    let body = input(
        "Which errors, and what is done to them.",
        &["ids", "action"],
        [("ids", with(ids, json!({"minItems": 1, "maxItems": 1_000}))), ("action", actions)],
    );
    let statuses = ["resolved", "unresolved", "ignored"];
    let data = object(
        "The result.",
        [
            ("status", word(statuses, "The status that results.")),
            ("updated", integer("How many of the ids led to an error.")),
            ("not_found", list(uuid("An error's id."), "The ids that did not.")),
        ],
    );
    let example = json!({"status": "resolved", "updated": 1, "not_found": []});
    Operation::new(TAG, (Method::PUT, "/api/errors"), "changeErrors", "Change many errors")
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"ids": [id], "action": "resolve"}))
        .answers(StatusCode::OK, "It is done.", data, &example)
        .fails(NO_SUCH)
}

fn delete() -> Operation {
    let description = "What is stored by then goes, events and counts too. An event that is stored \
                       later starts the error anew, under the same id.";
    Operation::new(TAG, (Method::DELETE, "/api/errors/{id}"), "deleteError", "Delete an error")
        .describe(description)
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .answers_nothing("The error is deleted.")
        .fails(NO_SUCH)
}
