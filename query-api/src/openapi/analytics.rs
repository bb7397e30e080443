//! The operations that answer how numbers move over time. `analytics/` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::event::Level;

use super::operation::Operation;
use super::parameters;
use super::schema::{
    Field, integer, list, named, number, object, or_null, text, time, uuid, with, word,
};
use crate::analytics::{GroupBy, Period};

/// The schemas of trends and of what moves.
pub(super) fn schemas() -> Vec<Field> {
    let levels = object(
        "Events by level.",
        Level::ALL.map(|level| (level.as_str(), integer("Events of this level."))),
    );
    let point = object(
        "A bucket of trends.",
        [
            (
                "timestamp",
                time("When the bucket begins: an hour, a day, a Monday or a month of UTC."),
            ),
            ("error_count", integer("Events of all levels that happened in the bucket.")),
            ("resolved_count", integer("Errors that were resolved in the bucket.")),
            ("critical_count", integer("Events of level error or fatal.")),
            ("levels", named("Levels")),
        ],
    );
    let trends = object(
        "Events and resolutions over time.",
        [
            ("period", period()),
            ("group_by", group_by()),
            (
                "data_points",
                list(named("TrendPoint"), "Oldest first, without gaps; the first bucket is whole."),
            ),
        ],
    );
    vec![
        ("Levels", levels),
        ("TrendPoint", point),
        ("Trends", trends),
        ("MinutePoint", minute()),
        ("Mover", mover()),
    ]
}

fn minute() -> Value {
    object(
        "A minute.",
        [
            ("timestamp", time("When it begins.")),
            ("levels", named("Levels")),
            ("new_errors", integer("Errors that were seen for the first time.")),
            ("regressed_errors", integer("Resolved errors that came back.")),
        ],
    )
}

fn mover() -> Value {
    object(
        "An error that grew.",
        [
            ("id", uuid("Its id.")),
            ("project_id", with(integer("Its project."), json!({"format": "int32"}))),
            ("title", text("Its type and message, in one line.")),
            ("level", word(Level::ALL.map(Level::as_str), "The level of its latest event.")),
            ("events", integer("Events of the last 24 hours.")),
            ("events_before", integer("Events of the 24 hours before.")),
            ("change_percent", or_null(number("By how much it grew; null: from nothing."))),
        ],
    )
}

pub(super) fn period() -> Value {
    word(Period::ALL.map(Period::as_str), "The last 1, 7, 14, 30 or 365 days up to now.")
}

pub(super) fn group_by() -> Value {
    word(GroupBy::ALL.map(GroupBy::as_str), "The width of a bucket.")
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![trends(), minutes(), movers()]
}

fn trends() -> Operation {
    let point = |timestamp, events: i64, resolved: i64, critical: i64| {
        json!({
            "timestamp": timestamp, "error_count": events, "resolved_count": resolved,
            "critical_count": critical, "levels": example_levels(critical, events - critical),
        })
    };
    let example = json!({
        "period": "week", "group_by": "day",
        "data_points": [
            point("2025-08-22T00:00:00.000Z", 45, 32, 3),
            point("2025-08-23T00:00:00.000Z", 52, 38, 1),
        ],
    });
    let default = |schema, value| with(schema, json!({"default": value}));
    Operation::new(
        "statistics",
        (Method::GET, "/api/analytics/trends"),
        "getTrends",
        "Events and resolutions over time",
    )
    .describe("Events count by the time at which they happened.")
    .takes([
        parameters::query("period", &default(period(), "week")),
        parameters::query("group_by", &default(group_by(), "day")),
    ])
    .takes(parameters::project_scope())
    .answers(StatusCode::OK, "The buckets.", named("Trends"), &example)
    .cached()
    .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn example_levels(errors: i64, warnings: i64) -> Value {
    json!({"fatal": 0, "error": errors, "warning": warnings, "info": 0, "debug": 0})
}

fn minutes() -> Operation {
    let data = object(
        "The last hour.",
        [(
            "data_points",
            list(named("MinutePoint"), "61 minutes, oldest first; the last one is not over."),
        )],
    );
    let example = json!({"data_points": [{
        "timestamp": "2025-08-29T12:00:00.000Z", "levels": example_levels(12, 3), "new_errors": 1,
        "regressed_errors": 0,
    }]});
    let path = (Method::GET, "/api/analytics/minutes");
    Operation::new("statistics", path, "getMinutes", "The last hour, minute by minute")
        .describe("By when events were received. Errors that were deleted since do not count.")
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The minutes.", data, &example)
        .cached()
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn movers() -> Operation {
    let data = object(
        "Errors that grew.",
        [
            ("before", time("When the 24 hours before begin.")),
            ("since", time("When they end, and the last 24 hours begin.")),
            ("errors", list(named("Mover"), "What grew by the most events first.")),
        ],
    );
    let example = json!({
        "before": "2025-08-27T13:00:00.000Z", "since": "2025-08-28T13:00:00.000Z",
        "errors": [{
            "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "project_id": 1,
            "title": "TimeoutError: the gateway does not answer", "level": "error", "events": 420,
            "events_before": 60, "change_percent": 600.0,
        }],
    });
    let limit =
        with(integer("How many at most."), json!({"minimum": 1, "maximum": 50, "default": 10}));
    let path = (Method::GET, "/api/analytics/movers");
    Operation::new("statistics", path, "listMovers", "The errors that grew most")
        .describe(
            "Events of the last 24 hours, of which the one that runs is the last, against those of \
             the 24 hours before, by when they happened. Of each project the 10,000 errors that were \
             seen last are looked at.",
        )
        .takes([parameters::query("limit", &limit)])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The errors.", data, &example)
        .cached()
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}
