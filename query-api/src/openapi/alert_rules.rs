//! Operations on alert rules. `alerts/rules` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::alerts::condition;
use shared::channels::Severity;
use shared::integrations::Name;

use super::operation::Operation;
use super::parameters::{self, query};
use super::schema::{
    self, Field, flag, input, integer, list, named, number, object, or_null, text, time, uuid,
    with, word,
};
use crate::alerts::rules::{MAX_COOLDOWN, State};
use crate::alerts::severity;

/// The group that operations on alerts stand in.
pub(super) const TAG: &str = "alerts";
const ALL: &str = "/api/alerts/rules";
const ONE: &str = "/api/alerts/rules/{id}";

/// The condition of examples.
pub(super) const CONDITION: &str = "error_count > 50 in 5 minutes";

/// The rule of examples.
pub(super) const RULE_ID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

/// The schemas of rules.
pub(super) fn schemas() -> Vec<Field> {
    let rule = object(
        "An alert rule.",
        [
            ("id", uuid("Its id.")),
            ("name", text("Its name.")),
            ("condition", text("When it fires, in canonical form.")),
            (
                "threshold",
                number(
                    "What is measured is compared with this: as the condition says, or leaves open.",
                ),
            ),
            ("time_window", text("Over how long it is measured, such as `5m`.")),
            ("enabled", flag("Whether it is evaluated.")),
            ("notifications", list(channel(), "Through which integrations it tells.")),
            ("last_triggered", or_null(time("When it fired last."))),
            ("created_at", time("When it was made.")),
            ("updated_at", time("When it was changed last.")),
            ("severity", named("Severity")),
            ("cooldown", integer("Seconds after a firing in which it does not fire again.")),
            ("muted_until", or_null(time("Until then it fires without telling anybody."))),
            ("create_incident", flag("Whether a firing opens an incident.")),
            ("project_id", project("Its project.")),
            ("state", word(State::ALL.map(State::as_str), "What it is doing.")),
            (
                "firing_count",
                integer(
                    "How many of its firings are not over; of a rule `per error` one for each.",
                ),
            ),
        ],
    );
    vec![("Rule", rule), ("Severity", severity())]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), create(), update(), delete()]
}

fn severity() -> Value {
    word(severity::ALL.map(Severity::as_str), "How much it matters.")
}

pub(super) fn channel() -> Value {
    word(Name::ALL.map(Name::as_str), "An integration.")
}

/// The project of a thing.
pub(super) fn project(meaning: &str) -> Value {
    with(integer(meaning), json!({"format": "int32"}))
}

fn example() -> Value {
    json!({
        "id": RULE_ID, "name": "High Error Rate", "condition": CONDITION, "threshold": 50,
        "time_window": "5m", "enabled": true, "notifications": ["email", "slack"],
        "last_triggered": "2025-08-15T10:30:00.000Z", "created_at": "2025-08-10T09:00:00.000Z",
        "updated_at": "2025-08-15T10:30:00.000Z", "severity": "medium", "cooldown": 0,
        "muted_until": null, "create_incident": false, "project_id": 1, "state": "ok",
        "firing_count": 0,
    })
}

fn name() -> Value {
    let bounds = json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE});
    with(text("Its name; one line."), bounds)
}

pub(super) fn condition() -> Value {
    let meaning = "`METRIC OP VALUE in WINDOW`, and then `where` with filters and `per error`, such \
                   as `error_count > 50 in 5 minutes where level = error and environment in \
                   (production, staging) and message ~ \"timeout\" per error`. VALUE is a number or \
                   `threshold`, WINDOW a time or `time_window`.";
    let metrics: Vec<&str> = condition::Metric::ALL.iter().map(|metric| metric.as_str()).collect();
    let meaning = format!("{meaning} METRIC is one of `{}`.", metrics.join("`, `"));
    with(text(&meaning), json!({"minLength": 1, "maxLength": condition::MAX_CHARS}))
}

/// What is said of a time window.
pub(super) fn window() -> &'static str {
    "What `time_window` stands for in the condition, from 1 minute to 30 days, such as `5m`, `2 hours` or \
     `7 days`; or what the condition says itself."
}

/// What may be said of a rule when it is made and later, besides its name and condition.
fn fields() -> Vec<Field> {
    let channels = with(
        list(channel(), "Through which integrations it tells."),
        json!({"uniqueItems": true, "maxItems": Name::ALL.len()}),
    );
    let cooldown = with(
        integer("Seconds after a firing in which it does not fire again."),
        json!({"minimum": 0, "maximum": MAX_COOLDOWN}),
    );
    vec![
        (
            "threshold",
            or_null(number(
                "What `threshold` stands for in the condition; or what the condition says itself.",
            )),
        ),
        ("time_window", or_null(text(window()))),
        ("enabled", or_null(flag("Whether it is evaluated."))),
        ("notifications", or_null(channels)),
        ("severity", or_null(named("Severity"))),
        ("cooldown", or_null(cooldown)),
        ("muted_until", or_null(time("Until then it fires without telling anybody."))),
        ("create_incident", or_null(flag("Whether a firing opens an incident."))),
    ]
}

fn list_all() -> Operation {
    let data = object(
        "Rules.",
        [
            ("rules", list(named("Rule"), "Oldest first.")),
            ("total", integer("How many there are.")),
        ],
    );
    let limit = with(
        integer("How many at most."),
        json!({"minimum": 1, "maximum": 1_000, "default": 1_000}),
    );
    let offset = with(
        integer("How many to leave out at the start."),
        json!({"minimum": 0, "maximum": 10_000_000, "default": 0}),
    );
    Operation::new(TAG, (Method::GET, ALL), "listRules", "List alert rules")
        .describe("A project may have 10,000; an answer holds at most 1,000 of them.")
        .takes([query("limit", &limit), query("offset", &offset)])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The rules.", data, &json!({"rules": [example()], "total": 1}))
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn create() -> Operation {
    let mut known = vec![("name", name()), ("condition", condition())];
    known.extend(fields());
    let body = input("The rule.", &["name", "condition"], known);
    let sent = json!({
        "name": "High Error Rate", "condition": "error_count > threshold in time_window",
        "threshold": 50, "time_window": "5m", "notifications": ["email", "slack"], "enabled": true,
    });
    let mut made = example();
    made["condition"] = sent["condition"].clone();
    made["last_triggered"] = Value::Null;
    Operation::new(TAG, (Method::POST, ALL), "createRule", "Make an alert rule")
        .describe(
            "A condition that can't be read is refused with a message that points at the character. \
             The rule sees the past at once: it may fire for what happened before it was made. \
             Without a project it comes to project 1.",
        )
        .takes(parameters::project_scope())
        .reads(true, &body, &sent)
        .answers(StatusCode::CREATED, "The rule.", named("Rule"), &made)
        .leads_to(StatusCode::CREATED, &["updateRule", "deleteRule"])
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}

fn update() -> Operation {
    let mut known = vec![("name", or_null(name())), ("condition", or_null(condition()))];
    known.extend(fields());
    let body = input("The fields that change; null takes a mute away.", &[], known);
    Operation::new(TAG, (Method::PUT, ONE), "updateRule", "Change an alert rule")
        .describe(
            "Changes the fields that are given. Where the condition holds a number or a time, \
             `threshold` and `time_window` change with it and not by themselves. A change of what \
             the rule looks at ends its firings, as disabling does; a name, a severity, whom to \
             tell, a cooldown and a mute leave them alone.",
        )
        .takes([parameters::id("The rule's id.")])
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"condition": CONDITION, "muted_until": null}))
        .answers(StatusCode::OK, "The changed rule.", named("Rule"), &example())
        .fails([StatusCode::NOT_FOUND])
}

fn delete() -> Operation {
    Operation::new(TAG, (Method::DELETE, ONE), "deleteRule", "Delete an alert rule")
        .describe("Its firings end and stay as history; what was held back of it is not told.")
        .takes([parameters::id("The rule's id.")])
        .takes(parameters::project_scope())
        .answers_nothing("The rule is deleted.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}
