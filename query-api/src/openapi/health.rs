//! Operations that answer how the parts of the system, its hosts and its requests are. `monitoring/` and
//! `analytics/performance` write what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::parameters::query;
use super::schema::{
    Field, free_object, integer, list, named, number, object, or_null, text, time, with, word,
};

const TAG: &str = "monitoring";

const STATUSES: [&str; 3] = ["healthy", "unhealthy", "unknown"];

/// The schemas.
pub(super) fn schemas() -> Vec<Field> {
    let network = object(
        "Bytes of all hosts.",
        [("bytes_in", integer("Received.")), ("bytes_out", integer("Sent."))],
    );
    vec![("ServiceHealth", service()), ("NetworkIo", network), ("MetricsPoint", point())]
}

fn service() -> Value {
    object(
        "A part of the system.",
        [
            ("name", text("The part.")),
            (
                "status",
                word(STATUSES, "What the last check found; unknown without one in the last 15 s."),
            ),
            (
                "uptime_percent",
                number(
                    "Of the last 24 hours, or since the first check. Missed checks count as \
                     downtime. 0 before the first check.",
                ),
            ),
            ("response_time_ms", number("How long the last check took; of services `/ready`.")),
            ("last_checked", or_null(time("When it was checked last."))),
            (
                "details",
                free_object(
                    "Of Database: `connections`, `max_connections`, `database_bytes`; of Cache \
                     Service: `memory_bytes`, `max_memory_bytes`, `connections`; of Message Queue: \
                     `queue_depth`, `consumers`, `queues`; of services: `instances`, \
                     `ready_instances`, `connections`, of Worker also `lag_p50_ms` and `lag_p95_ms`, \
                     the time from receipt to visible. What is unhealthy has a `problem`.",
                ),
            ),
        ],
    )
}

fn point() -> Value {
    object(
        "A step of the series. Null where no host was sampled.",
        [
            ("timestamp", time("Its start.")),
            ("cpu_usage_percent", or_null(number("Mean."))),
            ("memory_usage_percent", or_null(number("Mean."))),
            ("disk_usage_percent", or_null(number("The fullest."))),
            ("network_io", named("NetworkIo")),
            ("requests_per_minute", number("Mean.")),
        ],
    )
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![performance(), services(), metrics(), uptime()]
}

fn performance() -> Operation {
    let data = object(
        "The last hour. Without requests the rates and the mean are 0.",
        [
            ("avg_response_time", number("Milliseconds.")),
            ("error_rate_percent", number("Requests that were answered with 500 or more.")),
            ("throughput_rpm", number("Requests a minute.")),
            (
                "availability_percent",
                or_null(number("The time in which errors were accepted; null if never checked.")),
            ),
            ("performance_score", or_null(number("0 to 10; null while availability is."))),
            (
                "p50_response_time",
                or_null(number("Milliseconds that half of them did not exceed.")),
            ),
            ("p95_response_time", or_null(number("Milliseconds."))),
            ("p99_response_time", or_null(number("Milliseconds."))),
        ],
    );
    let example = json!({
        "avg_response_time": 24.5, "error_rate_percent": 0.8, "throughput_rpm": 1_200.0,
        "availability_percent": 99.95, "performance_score": 9.7, "p50_response_time": 12.0,
        "p95_response_time": 80.2, "p99_response_time": 210.0,
    });
    let path = (Method::GET, "/api/analytics/performance");
    Operation::new("statistics", path, "getPerformance", "How well this system answers")
        .describe(
            "Measured over all instances of the system itself, in the last hour. The score is 10 × \
             availability × share of requests that did not fail × Apdex, where Apdex is the share of \
             requests that were answered within 100 ms, and half of those that were within 400 ms.",
        )
        .answers(StatusCode::OK, "The numbers.", data, &example)
        .cached()
}

fn services() -> Operation {
    let data = object(
        "All parts.",
        [
            ("services", list(named("ServiceHealth"), "The parts.")),
            (
                "overall_health",
                word(
                    STATUSES,
                    "Unhealthy when Database, Message Queue, Ingest or Worker is, else unknown when \
                     one of them is.",
                ),
            ),
        ],
    );
    let service = json!({
        "name": "Database", "status": "healthy", "uptime_percent": 99.9769,
        "response_time_ms": 0.42, "last_checked": "2025-08-29T12:00:00.000Z",
        "details": {"connections": 45, "max_connections": 100, "database_bytes": 52_428_800},
    });
    let example = json!({"services": [service], "overall_health": "healthy"});
    let path = (Method::GET, "/api/monitoring/services");
    Operation::new(TAG, path, "getServices", "How each part of the system is")
        .describe(
            "Checked every 5 seconds. A change is seen by the next read. While Postgres does not answer, \
             Database is unhealthy and the rest is as it was seen last, for 15 seconds.",
        )
        .answers(StatusCode::OK, "The parts.", data, &example)
        .cached()
}

fn metrics() -> Operation {
    let mean = "Mean over hosts and time; null if no host was sampled.";
    let data = object(
        "What was measured.",
        [
            ("cpu_usage_percent", or_null(number(mean))),
            ("memory_usage_percent", or_null(number(mean))),
            ("disk_usage_percent", or_null(number("The fullest disk of all."))),
            ("network_io", named("NetworkIo")),
            ("active_connections", integer("HTTP connections that are open now.")),
            ("requests_per_minute", number("Mean over the time frame.")),
            ("series", list(named("MetricsPoint"), "At most 150 steps, oldest first.")),
        ],
    );
    let network = json!({"bytes_in": 1_024_000, "bytes_out": 2_048_000});
    let point = json!({
        "timestamp": "2025-08-29T12:00:00.000Z", "cpu_usage_percent": 65.2,
        "memory_usage_percent": 78.1, "disk_usage_percent": 45.7, "network_io": network,
        "requests_per_minute": 1_200.0,
    });
    let example = json!({
        "cpu_usage_percent": 65.2, "memory_usage_percent": 78.1, "disk_usage_percent": 45.7,
        "network_io": network, "active_connections": 45, "requests_per_minute": 1_200.0,
        "series": [point],
    });
    let timeframe = with(
        word(["1h", "6h", "24h", "7d", "30d"], "How far back is looked."),
        json!({"default": "1h"}),
    );
    let path = (Method::GET, "/api/monitoring/metrics");
    Operation::new(TAG, path, "getMetrics", "What hosts and requests did")
        .describe("Sampled every minute; of more than a day ago, means of an hour are kept.")
        .takes([query("timeframe", &timeframe)])
        .answers(StatusCode::OK, "The numbers.", data, &example)
        .cached()
        .fails([StatusCode::BAD_REQUEST])
}

fn stretch() -> Value {
    object(
        "A stretch of time.",
        [
            ("timestamp", time("When it begins: an hour or a day of UTC.")),
            (
                "uptime_percent",
                or_null(number(
                    "Of the time since its begin, as far as that was checked; null: never.",
                )),
            ),
        ],
    )
}

fn uptime() -> Operation {
    let percent = "Of the time, or since the first check.";
    let data = object(
        "How long errors were accepted. Null before the first check.",
        [
            ("current_uptime_hours", or_null(number("Since the end of the last downtime."))),
            ("uptime_percent_24h", or_null(number(percent))),
            ("uptime_percent_7d", or_null(number(percent))),
            ("uptime_percent_30d", or_null(number(percent))),
            ("incidents_count", integer("Downtimes in 30 days.")),
            (
                "last_downtime",
                or_null(time("When the last one began; null without one in 30 days.")),
            ),
            ("hours", list(stretch(), "The last 24 hours, the one that runs included.")),
            ("days", list(stretch(), "The last 30 days, as above.")),
        ],
    );
    let example = json!({
        "current_uptime_hours": 720.5, "uptime_percent_24h": 100.0, "uptime_percent_7d": 99.8,
        "uptime_percent_30d": 99.95, "incidents_count": 2,
        "last_downtime": "2025-08-10T14:30:00.000Z",
        "hours": [{"timestamp": "2025-08-29T12:00:00.000Z", "uptime_percent": 100.0}],
        "days": [{"timestamp": "2025-08-29T00:00:00.000Z", "uptime_percent": 99.9}],
    });
    let path = (Method::GET, "/api/monitoring/uptime");
    Operation::new(TAG, path, "getUptime", "How long errors were accepted")
        .describe(
            "From stored checks: errors are accepted while an instance of ingest is ready, which it is \
             without the broker, too, where it has a spool. Missed checks count as downtime.",
        )
        .answers(StatusCode::OK, "The numbers.", data, &example)
        .cached()
}
