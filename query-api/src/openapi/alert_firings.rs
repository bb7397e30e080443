//! Operations on firings and on what was told of them. `alerts/firings.rs` and `alerts/deliveries.rs`
//! write what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::alert_rules::{CONDITION, RULE_ID, TAG, channel, project};
use super::operation::Operation;
use super::parameters::{self, query};
use super::schema::{
    Field, flag, integer, list, named, number, object, or_null, text, time, uuid, with, word,
};
use crate::alerts::{deliveries, firings};

/// The firing of examples.
const FIRING_ID: &str = "0198f5d2-6f3a-7c31-9d0e-2b1f6c1f0a11";

/// Why a firing can be over.
const REASONS: [&str; 4] = ["recovered", "rule_changed", "rule_disabled", "rule_deleted"];

/// The schemas of firings and deliveries.
pub(super) fn schemas() -> Vec<Field> {
    vec![("Firing", firing()), ("Told", told()), ("Delivery", delivery())]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_firings(), list_deliveries()]
}

fn kind() -> Value {
    word(["fired", "recovered", "digest"], "What is told; a digest tells of several firings.")
}

fn firing() -> Value {
    object(
        "A time that a rule became true, with the rule as it was then.",
        [
            ("id", uuid("Its id.")),
            ("project_id", project("Its project.")),
            ("rule_id", uuid("The rule, which may be deleted since.")),
            ("rule_name", text("The rule's name.")),
            ("condition", text("The rule's condition.")),
            ("severity", named("Severity")),
            ("threshold", number("What was compared with.")),
            ("value", number("What was measured when it fired.")),
            ("state", word(firings::State::ALL.map(firings::State::as_str), "Whether it is over.")),
            ("started_at", time("When it fired.")),
            ("ended_at", or_null(time("When it was over."))),
            ("end_reason", or_null(word_or_null(REASONS, "Why it was over."))),
            (
                "error_id",
                or_null(uuid(
                    "The error that it is about; null where the rule looks at all together.",
                )),
            ),
            ("window_end", time("The end of the window that was measured.")),
            ("muted", flag("Whether nobody was told, because the rule was muted.")),
            ("incident_id", or_null(uuid("The incident that it belongs to."))),
            ("deliveries", list(named("Told"), "What was told of it, oldest first.")),
        ],
    )
}

/// The words with null among them: `enum` says it for itself.
fn word_or_null<const N: usize>(words: [&'static str; N], meaning: &str) -> Value {
    let mut schema = word(words, meaning);
    if let Some(words) = schema["enum"].as_array_mut() {
        words.push(Value::Null);
    }
    schema
}

fn told() -> Value {
    let words = deliveries::Status::ALL.map(deliveries::Status::as_str);
    let statuses = ["held"].into_iter().chain(words);
    object(
        "What was told of a firing through a channel.",
        [
            ("delivery_id", uuid("The delivery; of what a digest told, the digest's.")),
            ("kind", kind()),
            ("channel", channel()),
            ("status", word(statuses, "How far it is; `held` waits for the next digest.")),
        ],
    )
}

fn delivery() -> Value {
    let words = deliveries::Status::ALL.map(deliveries::Status::as_str);
    object(
        "Something that is told through a channel.",
        [
            (
                "delivery_id",
                uuid("The same through all channels, and however often it is attempted."),
            ),
            ("project_id", project("Its project.")),
            ("rule_id", uuid("The rule, which may be deleted since.")),
            ("rule_name", text("The rule's name at that time.")),
            ("firing_id", or_null(uuid("The firing that it is about; null of a digest."))),
            ("title", text("What it is about: the error's title, or the rule's name.")),
            ("kind", kind()),
            ("channel", channel()),
            ("status", word(words, "How far it is.")),
            ("attempts", integer("How often it was attempted.")),
            (
                "next_attempt_at",
                or_null(time("When it is attempted next; null when it is finished.")),
            ),
            ("last_error", or_null(text("Why the last attempt failed."))),
            ("created_at", time("When it was decided.")),
            ("finished_at", or_null(time("When it was delivered, or given up."))),
        ],
    )
}

/// A firing as examples show one.
pub(super) fn example() -> Value {
    json!({
        "id": FIRING_ID, "project_id": 1, "rule_id": RULE_ID, "rule_name": "High Error Rate",
        "condition": CONDITION, "severity": "medium", "threshold": 50, "value": 73,
        "state": "ended", "started_at": "2025-08-15T10:30:00.000Z",
        "ended_at": "2025-08-15T10:41:20.000Z", "end_reason": "recovered", "error_id": null,
        "window_end": "2025-08-15T10:30:00.000Z", "muted": false, "incident_id": null,
        "deliveries": [{
            "delivery_id": "0198f5d2-6f3a-7c31-9d0e-2b1f6c1f0a12", "kind": "fired",
            "channel": "slack", "status": "delivered",
        }],
    })
}

/// A filter by an id; one that is empty counts as not given, like every empty parameter.
fn by_id(name: &str, meaning: &str) -> Value {
    query(name, &uuid(meaning))
}

/// Where a page of what has UUIDs goes on.
pub(super) fn cursor() -> Value {
    let uuid_or_empty = "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$";
    let bounds = json!({"maxLength": 36, "pattern": uuid_or_empty});
    query("cursor", &with(text("The `next_cursor` of an answer."), bounds))
}

fn list_firings() -> Operation {
    let page = object(
        "A page of firings.",
        [
            ("firings", list(named("Firing"), "Newest first.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(uuid("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let states =
        word(firings::State::ALL.map(firings::State::as_str), "Those that are over, or not.");
    let example = json!({"firings": [example()], "limit": 50, "next_cursor": null});
    let path = "/api/alerts/firings";
    Operation::new(TAG, (Method::GET, path), "listFirings", "List when rules fired")
        .describe("Firings of rules that were deleted are among them.")
        .takes([parameters::limit(), cursor()])
        .takes([by_id("rule_id", "Of this rule."), by_id("error_id", "About this error.")])
        .takes([
            query("state", &states),
            query("since", &time("Fired from then on.")),
            query("until", &time("Fired before then.")),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "A page of firings.", page, &example)
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn list_deliveries() -> Operation {
    let page = object(
        "A page of deliveries.",
        [
            ("deliveries", list(named("Delivery"), "Newest first.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(text("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let cursor = with(
        text("The `next_cursor` of an answer."),
        json!({"maxLength": 100, "pattern": "^[0-9a-z]*$"}),
    );
    let words = deliveries::Status::ALL.map(deliveries::Status::as_str);
    let example = json!({"deliveries": [delivery_example()], "limit": 50, "next_cursor": null});
    let path = "/api/alerts/deliveries";
    Operation::new(TAG, (Method::GET, path), "listDeliveries", "List what was told")
        .describe("What could not be delivered finally has the status `failed` and says why.")
        .takes([parameters::limit(), query("cursor", &cursor)])
        .takes([
            by_id("rule_id", "Of this rule."),
            query("status", &word(words, "Those that are so far.")),
            query("channel", &channel()),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "A page of deliveries.", page, &example)
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn delivery_example() -> Value {
    json!({
        "delivery_id": "0198f5d2-6f3a-7c31-9d0e-2b1f6c1f0a12", "project_id": 1, "rule_id": RULE_ID,
        "rule_name": "High Error Rate", "firing_id": FIRING_ID, "title": "High Error Rate",
        "kind": "fired", "channel": "slack", "status": "failed", "attempts": 9,
        "next_attempt_at": null, "last_error": "hooks.slack.com answered 404: no_service",
        "created_at": "2025-08-15T10:30:00.000Z", "finished_at": "2025-08-15T16:02:11.000Z",
    })
}
