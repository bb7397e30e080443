//! The operation that answers statistics.

use http::{Method, StatusCode};
use serde_json::json;

use super::operation::Operation;
use super::parameters;
use super::schema::{Field, integer, named, number, object, or_null, text};

/// The schema of statistics.
pub(super) fn schemas() -> Vec<Field> {
    let stats = object(
        "Numbers over all errors. Days, weeks (from Monday) and months are those of UTC.",
        [
            ("total_errors", integer("Errors.")),
            ("resolved_errors", integer("Resolved errors.")),
            ("errors_today", integer("Errors seen since the start of the day.")),
            ("errors_this_week", integer("Errors seen since the start of the week.")),
            ("errors_this_month", integer("Errors seen since the start of the month.")),
            ("error_rate_24h", number("Events per hour, received in the last 24 hours.")),
            ("resolution_rate", number("Percent of errors that are resolved.")),
            (
                "avg_resolution_time",
                or_null(text("From first seen to resolved, as `2h 15m` or `3d 4h`.")),
            ),
            ("events_total", integer("Events.")),
            ("events_24h", integer("Events received in the last 24 hours.")),
            ("users_affected_24h", integer("Users of the errors seen in the last 24 hours.")),
            ("new_errors_24h", integer("Errors whose first event came in the last 24 hours.")),
            (
                "regressed_errors_24h",
                integer("Times that a resolved error came back in the last 24 hours."),
            ),
        ],
    );
    vec![("Stats", stats)]
}

/// The operation.
pub(super) fn operations() -> Vec<Operation> {
    let example = json!({
        "total_errors": 1_250, "resolved_errors": 856, "errors_today": 23,
        "errors_this_week": 145, "errors_this_month": 567, "error_rate_24h": 2.29,
        "resolution_rate": 68.5, "avg_resolution_time": "2h 15m", "events_total": 48_211,
        "events_24h": 55, "users_affected_24h": 12, "new_errors_24h": 4,
        "regressed_errors_24h": 1,
    });
    let stats = Operation::new("statistics", (Method::GET, "/api/stats"), "getStats", "Statistics")
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The numbers.", named("Stats"), &example)
        .cached()
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    vec![stats]
}
