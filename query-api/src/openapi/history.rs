//! Operations that tell how errors happened over time, with which values, and what was done about them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::errors::{NO_SUCH, TAG};
use super::operation::Operation;
use super::schema::{free_object, integer, list, object, or_null, text, time, uuid, with, word};
use super::{analytics, parameters};
use crate::errors::By;

const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const MONDAY: &str = "2025-08-25T00:00:00.000Z";
const TUESDAY: &str = "2025-08-26T00:00:00.000Z";

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![series_of_many(), series(), tags(), activity()]
}

fn timestamps() -> Value {
    list(time("When a bucket begins, in UTC."), "Oldest first, without gaps; the first is whole.")
}

fn counts(description: &str) -> Value {
    list(integer("Events of a bucket."), description)
}

fn default(schema: Value, value: &str) -> Value {
    with(schema, json!({"default": value}))
}

fn series_of_many() -> Operation {
    let counted = object(
        "An error over time.",
        [("id", uuid("Its id, as it was asked for.")), ("counts", counts("One for each bucket."))],
    );
    let data = object(
        "Errors over time.",
        [
            ("period", analytics::period()),
            ("group_by", analytics::group_by()),
            ("timestamps", timestamps()),
            ("errors", list(counted, "Those that there are, in the order of their ids.")),
        ],
    );
    let example = json!({
        "period": "fortnight", "group_by": "day", "timestamps": [MONDAY, TUESDAY],
        "errors": [{"id": ID, "counts": [3, 0]}],
    });
    let path = "/api/errors/series";
    Operation::new(TAG, (Method::GET, path), "getSeriesOfErrors", "Events of many errors over time")
        .describe(
            "For lists: by hour for a day, else by day. Events count by the time at which they \
             happened.",
        )
        .takes([
            parameters::query_list("ids", &uuid("An error's id."), "The errors."),
            parameters::query("period", &default(analytics::period(), "fortnight")),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The buckets.", data, &example)
        .cached()
        .fails(NO_SUCH)
}

fn by() -> Value {
    word(By::ALL.map(By::as_str), "By which value events are told apart.")
}

fn series() -> Operation {
    let part = object(
        "Events with one value.",
        [
            ("name", or_null(text("The value; null: they named none."))),
            ("counts", counts("One for each bucket.")),
        ],
    );
    let release = object(
        "A release that came in the period.",
        [
            ("release", text("Its name.")),
            ("first_seen", time("When the project's first event of it was stored.")),
        ],
    );
    let data = object(
        "An error over time.",
        [
            ("id", uuid("The error's id, as it was asked for.")),
            ("period", analytics::period()),
            ("group_by", analytics::group_by()),
            ("by", by()),
            ("timestamps", timestamps()),
            ("parts", list(part, "The most frequent values, at most 6.")),
            ("others", counts("Events with other values, one for each bucket.")),
            ("releases", list(release, "Newest first, at most 50; not only those of this error.")),
        ],
    );
    let example = json!({
        "id": ID, "period": "week", "group_by": "day", "by": "environment",
        "timestamps": [MONDAY, TUESDAY],
        "parts": [{"name": "production", "counts": [3, 0]}], "others": [0, 0],
        "releases": [{"release": "shop@1.2.0", "first_seen": MONDAY}],
    });
    let path = "/api/errors/{id}/series";
    Operation::new(TAG, (Method::GET, path), "getSeriesOfError", "Events of an error over time")
        .describe("Events count by the time at which they happened.")
        .takes([
            parameters::error_id(),
            parameters::query("period", &default(analytics::period(), "week")),
            parameters::query("group_by", &default(analytics::group_by(), "day")),
            parameters::query("by", &default(by(), "environment")),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The buckets.", data, &example)
        .fails(NO_SUCH)
}

fn tags() -> Operation {
    let value = object(
        "A value.",
        [("value", text("It.")), ("events", integer("How many of the events have it."))],
    );
    let tag = object(
        "A tag, or a field that is like one: `level`, `environment`, `release`, `source`, \
         `server_name`, `user`.",
        [
            ("name", text("Its name.")),
            ("events", integer("How many of the events have it.")),
            ("distinct", integer("How many values it has.")),
            ("values", list(value, "The most frequent first; at most 10.")),
        ],
    );
    let data = object(
        "What the newest events have.",
        [
            ("events", integer("How many were looked at: at most 1,000 with payload.")),
            ("tags", list(tag, "What most events have first; at most 50.")),
        ],
    );
    let example = json!({
        "events": 3,
        "tags": [{
            "name": "browser", "events": 3, "distinct": 2,
            "values": [{"value": "Firefox", "events": 2}, {"value": "Chrome", "events": 1}],
        }],
    });
    let path = "/api/errors/{id}/tags";
    Operation::new(TAG, (Method::GET, path), "getTags", "Which values the events of an error have")
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The tags.", data, &example)
        .cached()
        .fails(NO_SUCH)
}

fn activity() -> Operation {
    let kinds = [
        "resolved",
        "unresolved",
        "ignored",
        "assigned",
        "merged",
        "unmerged",
        "regressed",
        "reopened",
    ];
    let entry = object(
        "Something that happened to an error.",
        [
            ("at", time("When.")),
            ("kind", word(kinds, "What.")),
            (
                "by",
                or_null(text(
                    "The member or key that did it; null: nobody, or one that is no more.",
                )),
            ),
            (
                "details",
                free_object(
                    "`until` and `events` of `ignored`, `assigned_to`, and ids of errors: `merged`, `into`, `unmerged`, `from`.",
                ),
            ),
        ],
    );
    let data = object(
        "A page of activity.",
        [
            ("activity", list(entry, "Newest first.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(text("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let example = json!({
        "activity": [{"at": MONDAY, "kind": "resolved", "by": "Ann", "details": {}}],
        "limit": 50, "next_cursor": null,
    });
    let cursor = with(
        text("The `next_cursor` of an answer."),
        json!({"maxLength": 19, "pattern": "^[0-9]*$"}),
    );
    let path = "/api/errors/{id}/activity";
    Operation::new(TAG, (Method::GET, path), "listActivity", "What happened to an error")
        .takes([parameters::error_id(), parameters::limit()])
        .takes([parameters::query("cursor", &cursor)])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "A page of activity.", data, &example)
        .fails(NO_SUCH)
}
