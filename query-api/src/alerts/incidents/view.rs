//! An incident as Postgres holds it and as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::audit::Changes;
use shared::channels::Severity;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::firings::FiringObject;
use super::super::severity;
use crate::fields::find_word;

/// How far people are with an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
}

impl Status {
    /// All of them, in the order in which they usually follow.
    pub(crate) const ALL: [Self; 4] =
        [Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved];

    /// The word in questions, in answers and in Postgres.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }
}

/// What a person says of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Settings {
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) status: Status,
    pub(super) description: Option<String>,
    pub(super) assigned_to: Option<String>,
}

/// Every field of an incident.
#[derive(Debug, Clone, Serialize)]
pub(super) struct IncidentObject {
    pub(super) id: Uuid,
    pub(super) project_id: i32,
    #[serde(flatten)]
    pub(super) settings: Settings,
    rule_id: Option<Uuid>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
    #[serde(with = "shared::time::json_option")]
    resolved_at: Option<DateTime<Utc>>,
}

/// An incident with what happened to it.
#[derive(Debug, Serialize)]
pub(super) struct DetailedIncident {
    #[serde(flatten)]
    pub(super) incident: IncidentObject,
    pub(super) history: Vec<HistoryEntry>,
    pub(super) firings: Vec<FiringObject>,
}

/// A line of an incident's history.
#[derive(Debug, Serialize)]
pub(super) struct HistoryEntry {
    #[serde(with = "shared::time::json")]
    at: DateTime<Utc>,
    kind: String,
    actor: String,
    details: Value,
}

impl From<&Row> for IncidentObject {
    fn from(row: &Row) -> Self {
        // The table allows no other words.
        let status = find_word(row.get("status"), &Status::ALL, Status::as_str);
        Self {
            id: row.get("incident_id"),
            project_id: row.get("project_id"),
            settings: Settings {
                title: row.get("title"),
                severity: severity::of_word(row.get("severity")),
                status: status.unwrap_or(Status::Investigating),
                description: row.get("description"),
                assigned_to: row.get("assigned_to"),
            },
            rule_id: row.get("rule_id"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            resolved_at: row.get("resolved_at"),
        }
    }
}

impl From<&Row> for HistoryEntry {
    fn from(row: &Row) -> Self {
        Self {
            at: row.get("at"),
            kind: row.get("kind"),
            actor: row.get("actor"),
            details: row.get("details"),
        }
    }
}

impl Settings {
    /// What makes this of `before`.
    pub(super) fn changes_from(&self, before: &Self) -> Changes {
        Changes::new()
            .field("title", &before.title, &self.title)
            .field("severity", before.severity, self.severity)
            .field("status", before.status, self.status)
            .field("description", &before.description, &self.description)
            .field("assigned_to", &before.assigned_to, &self.assigned_to)
    }

    /// Whether this is the end of what `before` was.
    pub(super) fn resolves(&self, before: &Self) -> bool {
        self.status == Status::Resolved && before.status != Status::Resolved
    }
}
