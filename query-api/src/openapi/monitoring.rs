//! Operations that answer how the system itself fares. `monitoring/` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::ledger::Outcome;

use super::operation::Operation;
use super::parameters::{self, query};
use super::schema::{
    Field, extended, flag, integer, list, named, object, or_null, text, time, with, word,
};

/// The schemas of the ledger.
pub(super) fn schemas() -> Vec<Field> {
    let account = object(
        "How many events ended how. Accepted is the sum of stored, deduplicated, counted_only, \
         filtered, dead_lettered and pending.",
        [
            ("accepted", integer("Answered as accepted.")),
            (
                "pending",
                integer("Accepted, and not ended yet: in the spool, in the queue, or lost."),
            ),
            ("stored", integer("Stored with their payload.")),
            ("deduplicated", integer("Their id was stored before.")),
            ("counted_only", integer("Counted without payload, because a budget was used up.")),
            ("filtered", integer("Left out on purpose.")),
            ("dead_lettered", integer("Set aside, because they can't be stored.")),
            ("rate_limited", integer("Refused, because too many were sent.")),
            ("invalid", integer("Refused for what they hold or how they came.")),
            ("unavailable", integer("Refused, because they could not be made durable.")),
            ("client_discarded", integer("Never sent, by the word of clients.")),
            ("discarded", integer("Sent by SDKs and no errors: nothing is kept of them.")),
            ("reasons", list(reason(), "Parts of these that have a reason.")),
        ],
    );
    let hour = extended(
        "LedgerAccount",
        "The account of one project and hour.",
        [
            ("project_id", or_null(integer("The project; null where it is unknown."))),
            ("hour", time("The start of the hour, by receipt.")),
        ],
    );
    vec![("LedgerAccount", account), ("LedgerHour", hour)]
}

fn reason() -> Value {
    object(
        "A part of an outcome.",
        [
            ("outcome", word(Outcome::ALL.map(Outcome::as_str), "The outcome.")),
            ("reason", text("Why.")),
            ("events", integer("How many.")),
        ],
    )
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    let data = object(
        "The ledger.",
        [
            ("since", time("Start of the range; hours that have begun before count as a whole.")),
            ("until", time("End of the range.")),
            ("totals", named("LedgerAccount")),
            ("hours", list(named("LedgerHour"), "Newest first.")),
            ("truncated", flag("Whether the range holds older hours than these.")),
        ],
    );
    let limit = with(
        integer("At most so many project-hours."),
        json!({"minimum": 1, "maximum": 10_000, "default": 1_000}),
    );
    let path = (Method::GET, "/api/monitoring/ledger");
    let ledger = Operation::new("monitoring", path, "getLedger", "What became of every event")
        .describe(
            "By project and hour of receipt. What is refused is written every few seconds. A \
             message that nobody can read counts as one dead letter of no project.",
        )
        .takes(parameters::project_scope())
        .takes([
            query(
                "since",
                &time(
                    "Start of the range; 24 hours before its end unless given. A \
                                  range has at most 31 days.",
                ),
            ),
            query("until", &time("End of the range; now unless given.")),
            query("limit", &limit),
        ])
        .answers(StatusCode::OK, "The ledger.", data, &example())
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND]);
    vec![ledger]
}

fn example() -> Value {
    let account = json!({
        "accepted": 1_204, "pending": 0, "stored": 1_100, "deduplicated": 4, "counted_only": 100,
        "filtered": 0, "dead_lettered": 0, "rate_limited": 0, "invalid": 7, "unavailable": 0,
        "client_discarded": 0, "discarded": 0,
        "reasons": [
            {"outcome": "counted_only", "reason": "error_budget", "events": 100},
            {"outcome": "invalid", "reason": "VALIDATION_ERROR", "events": 7},
        ],
    });
    let mut hour = account.clone();
    hour["project_id"] = json!(1);
    hour["hour"] = json!("2025-08-29T12:00:00.000Z");
    json!({
        "since": "2025-08-28T12:34:56.000Z", "until": "2025-08-29T12:34:56.000Z",
        "totals": account, "hours": [hour], "truncated": false,
    })
}
