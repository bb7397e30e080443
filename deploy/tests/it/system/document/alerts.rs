//! Alert rules and incidents.

use serde_json::json;

use super::row::Kind::{Flag, List, OneOf, OrNull, Text, Time, Uuid, Whole};
use super::row::{Fields, Row};
use super::{Known, NOBODY};

/// An alert rule.
const RULE: Fields = &[
    ("id", Uuid),
    ("name", Text),
    ("condition", Text),
    ("threshold", Whole),
    ("time_window", Text),
    ("enabled", Flag),
    ("notifications", List),
    ("last_triggered", OrNull(&Time)),
    ("created_at", Time),
    ("updated_at", Time),
];

/// An incident.
const INCIDENT: Fields = &[
    ("id", Uuid),
    ("title", Text),
    ("severity", OneOf(&["low", "medium", "high", "critical"])),
    ("status", OneOf(&["investigating", "identified", "monitoring", "resolved"])),
    ("description", OrNull(&Text)),
    ("assigned_to", OrNull(&Text)),
    ("created_at", Time),
    ("updated_at", Time),
];

pub(super) fn rows(known: &Known) -> Vec<Row> {
    let rule = json!({
        "name": "High Error Rate",
        "condition": "error_count > threshold in time_window",
        "threshold": 50,
        "time_window": "5m",
        "notifications": ["email", "slack"],
        "enabled": true,
    });
    let incident = json!({
        "title": "Database Connection Timeout",
        "severity": "critical",
        "description": "Multiple database connection timeouts detected",
        "assigned_to": "user-123",
    });
    let one_rule = |id: &str| format!("/api/alerts/rules/{id}");
    let one_incident = |id: &str| format!("/api/alerts/incidents/{id}");
    let bad_rule = json!({"name": "x", "condition": "errors > many"});
    let bad_incident = json!({"title": "x", "severity": "huge"});
    vec![
        Row::new("GET", "/api/alerts/rules", 200).has("/data/rules", RULE),
        Row::new("POST", "/api/alerts/rules", 201)
            .body(rule.clone())
            .has("/data", RULE)
            .fails_with(json!({"name": "no condition"}), 400, "VALIDATION_ERROR")
            .fails_with(bad_rule.clone(), 400, "VALIDATION_ERROR"),
        Row::new("PUT", "/api/alerts/rules/{id}", 200)
            .at(one_rule(&known.rule))
            .body(rule)
            .has("/data", RULE)
            .fails_at(&one_rule("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&one_rule(NOBODY), 404, "NOT_FOUND")
            .fails_with(bad_rule, 400, "VALIDATION_ERROR"),
        Row::new("DELETE", "/api/alerts/rules/{id}", 204)
            .at(one_rule(&known.rule))
            .fails_at(&one_rule("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&one_rule(&known.rule), 404, "NOT_FOUND"),
        Row::new("GET", "/api/alerts/incidents", 200).has("/data/incidents", INCIDENT),
        Row::new("POST", "/api/alerts/incidents", 201)
            .body(incident.clone())
            .has("/data", INCIDENT)
            .fails_with(json!({"severity": "low"}), 400, "VALIDATION_ERROR")
            .fails_with(bad_incident.clone(), 400, "VALIDATION_ERROR"),
        Row::new("PUT", "/api/alerts/incidents/{id}", 200)
            .at(one_incident(&known.incident))
            .body(incident)
            .has("/data", INCIDENT)
            .fails_at(&one_incident("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&one_incident(NOBODY), 404, "NOT_FOUND")
            .fails_with(bad_incident, 400, "VALIDATION_ERROR"),
    ]
}
