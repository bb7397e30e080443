//! Operations that read errors and their events.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::schema::{
    self, flag, integer, list, named, object, or_null, text, time, uuid, with, word,
};
use super::{error_object, event_object, parameters};

/// The group that these operations stand in.
pub(super) const TAG: &str = "errors";

/// What naming an error or a project by id can end in.
pub(super) const NO_SUCH: [StatusCode; 2] = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND];

/// Read-after-write, told where an id is named.
pub(super) const WAITS: &str = "An id that was never seen is waited for, up to a second: it may have been \
                     answered a moment ago.";

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_errors(), get_error(), list_events(), get_event()]
}

fn list_errors() -> Operation {
    let description = "Newest `last_seen` first unless `sort` and `order` say otherwise. A row \
                       shows the values of its latest event; `level` and `source` filter what the \
                       row shows, `environment` and `release` match an error that was ever seen \
                       there. Page by `offset`, or by `cursor` for rows that move while they are \
                       read.";
    let example = json!({
        "errors": [error_object::example_with(json!({"omitted": []}))],
        "total": 1, "total_capped": false, "page": 1, "limit": 50, "next_cursor": null,
    });
    Operation::new(TAG, (Method::GET, "/api/errors"), "listErrors", "List errors")
        .describe(description)
        .takes(list_parameters())
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "A page of errors.", page_of_errors(), &example)
        .cached()
        .fails(NO_SUCH)
}

/// Cursors are hexadecimal.
const HEX: &str = "^[0-9a-f]*$";

fn list_parameters() -> Vec<Value> {
    use parameters::{query, query_list};
    let cursor = json!({"maxLength": 200, "pattern": HEX});
    let words = || json!({"type": "string", "maxLength": 200, "pattern": schema::NO_NUL});
    let sorts = word(["last_seen", "first_seen", "count", "users"], "By what to order.");
    let orders = word(["asc", "desc"], "In which direction.");
    let search = "A part of the message or of the exception's type, in any case.";
    let bounds = json!({"minimum": 0, "maximum": 10_000_000, "default": 0});
    vec![
        parameters::limit(),
        query("offset", &with(integer("How many to leave out at the start."), bounds)),
        query("cursor", &with(text("The `next_cursor` of an answer."), cursor)),
        query_list("level", &named("Level"), "Any of these levels; `critical` means `fatal`."),
        query_list("source", &words(), "Any of these sources."),
        query_list("environment", &words(), "Seen in any of these environments."),
        query_list("release", &words(), "Seen in any of these releases."),
        query_list("status", &named("Status"), "Any of these statuses."),
        query("resolved", &flag("Only resolved ones, or only others.")),
        query(
            "regressed",
            &flag("Only those that came back after they were resolved, or only others."),
        ),
        query("q", &with(text(search), words())),
        query("since", &time("Last seen at this time or later.")),
        query("until", &time("Last seen at this time or earlier.")),
        query("sort", &with(sorts, json!({"default": "last_seen"}))),
        query("order", &with(orders, json!({"default": "desc"}))),
    ]
}

fn page_of_errors() -> Value {
    object(
        "A page of errors.",
        [
            ("errors", list(named("ListedError"), "The rows.")),
            (
                "total",
                integer("How many errors match; with `q`, `since` or `until` 10,000 at most."),
            ),
            ("total_capped", flag("Whether there are more than `total` says.")),
            ("page", integer("`offset` divided by `limit`, counted from 1.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(text("The `cursor` of the next page; null on the last one."))),
        ],
    )
}

fn get_error() -> Operation {
    let latest_event = event_object::example();
    let example = error_object::example_with(json!({"latest_event": latest_event}));
    Operation::new(TAG, (Method::GET, "/api/errors/{id}"), "getError", "Get an error")
        .describe(WAITS)
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The error.", named("DetailedError"), &example)
        .fails(NO_SUCH)
}

fn list_events() -> Operation {
    let page = object(
        "A page of events.",
        [
            ("events", list(named("ListedEvent"), "Newest first.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(text("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let event = with(event_object::example(), json!({"omitted": []}));
    let example = json!({"events": [event], "limit": 50, "next_cursor": null});
    let cursor =
        with(text("The `next_cursor` of an answer."), json!({"maxLength": 100, "pattern": HEX}));
    let before =
        uuid("The id of an event: begins with those that happened before it. A cursor goes first.");
    let path = "/api/errors/{id}/events";
    Operation::new(TAG, (Method::GET, path), "listEvents", "List the events of an error")
        .describe(WAITS)
        .takes([parameters::error_id(), parameters::limit()])
        .takes([parameters::query("cursor", &cursor), parameters::query("before", &before)])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "A page of events.", page, &example)
        .fails(NO_SUCH)
}

fn get_event() -> Operation {
    Operation::new(TAG, (Method::GET, "/api/events/{event_id}"), "getEvent", "Get an event")
        .describe(WAITS)
        .takes([parameters::event_id()])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The event.", named("Event"), &event_object::example())
        .fails(NO_SUCH)
}
