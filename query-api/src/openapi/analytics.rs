//! The operations that answer how numbers move over time.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::parameters;
use super::schema::{Field, integer, list, named, object, time, with, word};
use crate::analytics::{GroupBy, Period};

/// The schemas of trends.
pub(super) fn schemas() -> Vec<Field> {
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
    vec![("TrendPoint", point), ("Trends", trends)]
}

pub(super) fn period() -> Value {
    word(Period::ALL.map(Period::as_str), "The last 1, 7, 14, 30 or 365 days up to now.")
}

pub(super) fn group_by() -> Value {
    word(GroupBy::ALL.map(GroupBy::as_str), "The width of a bucket.")
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    let point = |timestamp, events: i64, resolved: i64, critical: i64| {
        json!({
            "timestamp": timestamp, "error_count": events, "resolved_count": resolved,
            "critical_count": critical,
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
    let trends = Operation::new(
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
    .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    vec![trends]
}
