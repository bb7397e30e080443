//! The operation that answers releases. `releases/` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::parameters;
use super::schema::{Field, integer, list, named, number, object, or_null, text, time, with, word};
use crate::analytics::Period;
use crate::releases::PERIODS;

/// What nobody knows as long as no sessions are stored.
const UNKNOWN: &str =
    "Null: sessions are taken from SDKs and counted as discarded, none is stored.";

fn period() -> Value {
    word(PERIODS.map(Period::as_str), "The last 1, 7, 14 or 30 days up to now.")
}

/// The schema of a release.
pub(super) fn schemas() -> Vec<Field> {
    let release = object(
        "A release of a project.",
        [
            ("project_id", with(integer("Its project."), json!({"format": "int32"}))),
            ("release", text("Its name, as clients gave it.")),
            (
                "first_seen",
                or_null(time(
                    "When its first event was stored, or the hour in which its oldest event of the \
                     period happened where that is earlier. Null: it was there before this was kept.",
                )),
            ),
            (
                "last_seen",
                time(
                    "When its last event happened: the hour, or within ten seconds where it came in \
                     the hour in which it happened and that is not long ago.",
                ),
            ),
            ("events", integer("Events that happened in the period, of all levels.")),
            (
                "new_errors",
                integer("Errors whose first event, received in the period, was of this release."),
            ),
            (
                "regressed_errors",
                integer("Resolved errors that came back in the period with an event of it."),
            ),
            ("crash_free_sessions", or_null(number(&format!("Percent. {UNKNOWN}")))),
            ("crash_free_users", or_null(number(&format!("Percent. {UNKNOWN}")))),
        ],
    );
    vec![("Release", release)]
}

/// The operation.
pub(super) fn operations() -> Vec<Operation> {
    let data = object(
        "Releases.",
        [
            ("period", period()),
            ("releases", list(named("Release"), "The one that was seen first last comes first.")),
            ("total", integer("How many had events in the period.")),
            ("limit", integer("The limit that was applied.")),
        ],
    );
    let example = json!({
        "period": "month",
        "releases": [{
            "project_id": 1, "release": "shop@1.2.0", "first_seen": "2025-08-28T09:12:44.120Z",
            "last_seen": "2025-08-29T12:00:10.000Z", "events": 812, "new_errors": 3,
            "regressed_errors": 1, "crash_free_sessions": null, "crash_free_users": null,
        }],
        "total": 1, "limit": 50,
    });
    let path = (Method::GET, "/api/releases");
    let releases = Operation::new("statistics", path, "listReleases", "List releases")
        .describe("Those that had events in the period. Events that named no release have none.")
        .takes([
            parameters::query("period", &with(period(), json!({"default": "month"}))),
            parameters::limit(),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The releases.", data, &example)
        .cached()
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    vec![releases]
}
