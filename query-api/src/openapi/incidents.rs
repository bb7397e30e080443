//! Operations on incidents. `alerts/incidents` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::alert_firings;
use super::alert_rules::{RULE_ID, TAG, project};
use super::operation::Operation;
use super::parameters::{self, query, query_list};
use super::schema::{
    self, Field, extended, free_object, input, integer, list, named, object, or_null, text, time,
    uuid, with, word,
};
use crate::alerts::incidents::{MAX_DESCRIPTION, Status};

const ALL: &str = "/api/alerts/incidents";
const ONE: &str = "/api/alerts/incidents/{id}";

/// The schemas of incidents.
pub(super) fn schemas() -> Vec<Field> {
    let incident = object(
        "What people work on.",
        [
            ("id", uuid("Its id.")),
            ("title", text("What it is about.")),
            ("severity", named("Severity")),
            ("status", named("IncidentStatus")),
            ("description", or_null(text("More about it."))),
            ("assigned_to", or_null(text("Who looks after it, in any words."))),
            ("created_at", time("When it was opened.")),
            ("updated_at", time("When it was changed last.")),
            ("rule_id", or_null(uuid("The rule that opened it."))),
            ("project_id", project("Its project.")),
            ("resolved_at", or_null(time("When it was resolved."))),
        ],
    );
    let details = "Of a change, by field what it was and is (`from`, `to`); of a firing, its id, its \
                   error, its value; of firings that a change of their rule ended, the `reason` and \
                   the rule.";
    let kinds = ["opened", "changed", "fired", "recovered", "resolved"];
    let entry = object(
        "Something that happened to an incident.",
        [
            ("at", time("When.")),
            ("kind", word(kinds, "What.")),
            ("actor", text("Whose doing it was: the name of a member, a key or a rule.")),
            ("details", free_object(details)),
        ],
    );
    let detailed = extended(
        "Incident",
        "An incident with what happened to it.",
        [
            ("history", list(named("IncidentEntry"), "The newest 500 entries, oldest first.")),
            ("firings", list(named("Firing"), "The newest 100 firings, newest first.")),
        ],
    );
    let status = word(Status::ALL.map(Status::as_str), "How far people are with it.");
    vec![
        ("Incident", incident),
        ("IncidentEntry", entry),
        ("DetailedIncident", detailed),
        ("IncidentStatus", status),
    ]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), get(), create(), update()]
}

fn example() -> Value {
    json!({
        "id": "0198f5d2-6f3a-7c31-9d0e-2b1f6c1f0a13", "title": "Database Connection Timeout",
        "severity": "critical", "status": "investigating",
        "description": "Multiple database connection timeouts detected",
        "assigned_to": "user-123", "created_at": "2025-08-29T14:30:00.000Z",
        "updated_at": "2025-08-29T14:45:00.000Z", "rule_id": RULE_ID, "project_id": 1,
        "resolved_at": null,
    })
}

fn title() -> Value {
    let bounds = json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE});
    with(text("What it is about; one line."), bounds)
}

/// What may be said of an incident when it is opened and later, besides its title.
fn fields() -> Vec<Field> {
    let words = |most: usize| json!({"maxLength": most, "pattern": schema::NO_NUL});
    vec![
        ("severity", or_null(named("Severity"))),
        ("status", or_null(named("IncidentStatus"))),
        ("description", or_null(with(text("More about it."), words(MAX_DESCRIPTION)))),
        ("assigned_to", or_null(with(text("Who looks after it."), words(200)))),
    ]
}

fn list_all() -> Operation {
    let data = object(
        "A page of incidents.",
        [
            ("incidents", list(named("Incident"), "Newest first.")),
            ("limit", integer("The limit that was applied.")),
            ("next_cursor", or_null(uuid("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let limit = with(
        integer("How many at most."),
        json!({"minimum": 1, "maximum": 1_000, "default": 1_000}),
    );
    let example = json!({"incidents": [example()], "limit": 1_000, "next_cursor": null});
    Operation::new(TAG, (Method::GET, ALL), "listIncidents", "List incidents")
        .takes([
            query("limit", &limit),
            alert_firings::cursor(),
            query_list("status", &named("IncidentStatus"), "Any of these statuses."),
            query_list("severity", &named("Severity"), "Any of these severities."),
        ])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The incidents.", data, &example)
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn get() -> Operation {
    let opened = json!({
        "at": "2025-08-29T14:30:00.000Z", "kind": "opened", "actor": "High Error Rate",
        "details": {},
    });
    let changed = json!({
        "at": "2025-08-29T14:45:00.000Z", "kind": "changed", "actor": "John Doe",
        "details": {"assigned_to": {"from": null, "to": "user-123"}},
    });
    let more = json!({"history": [opened, changed], "firings": [alert_firings::example()]});
    Operation::new(TAG, (Method::GET, ONE), "getIncident", "Get an incident")
        .takes([parameters::id("The incident's id.")])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The incident.", named("DetailedIncident"), &with(example(), more))
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn create() -> Operation {
    let mut known = vec![("title", title())];
    known.extend(fields());
    let body = input("The incident.", &["title"], known);
    let sent = json!({
        "title": "Database Connection Timeout", "severity": "critical",
        "description": "Multiple database connection timeouts detected",
        "assigned_to": "user-123",
    });
    let mut made = example();
    made["rule_id"] = Value::Null;
    Operation::new(TAG, (Method::POST, ALL), "createIncident", "Open an incident")
        .describe("Without a project it comes to project 1.")
        .takes(parameters::project_scope())
        .reads(true, &body, &sent)
        .answers(StatusCode::CREATED, "The incident.", named("Incident"), &made)
        .leads_to(StatusCode::CREATED, &["getIncident", "updateIncident"])
        .fails([StatusCode::NOT_FOUND])
}

fn update() -> Operation {
    let mut known = vec![("title", or_null(title()))];
    known.extend(fields());
    let body = input(
        "The fields that change; null takes the description or the assignment away.",
        &[],
        known,
    );
    let resolved = json!({"status": "resolved", "resolved_at": "2025-08-29T15:10:00.000Z"});
    Operation::new(TAG, (Method::PUT, ONE), "updateIncident", "Change an incident")
        .describe(
            "Changes the fields that are given, and says so in the history. An incident whose rule \
             has opened another one since can't be opened again.",
        )
        .takes([parameters::id("The incident's id.")])
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"status": "resolved"}))
        .answers(
            StatusCode::OK,
            "The changed incident.",
            named("Incident"),
            &with(example(), resolved),
        )
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}
