//! A rule as Postgres holds it and as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::audit::Changes;
use shared::channels::Severity;
use tokio_postgres::Row;
use uuid::Uuid;

use super::super::{number, severity};

/// What a person says of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Settings {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) watch: Watch,
    pub(super) enabled: bool,
    pub(super) notifications: Vec<String>,
    pub(super) severity: Severity,
    /// In seconds.
    pub(super) cooldown: i32,
    #[serde(with = "shared::time::json_option")]
    pub(super) muted_until: Option<DateTime<Utc>>,
    pub(super) create_incident: bool,
}

/// When it fires: a change of this makes another rule of it, as far as firings go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Watch {
    /// In canonical form.
    pub(super) condition: String,
    #[serde(with = "number")]
    pub(super) threshold: f64,
    /// In short form.
    pub(super) time_window: String,
}

/// What a rule is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Ok,
    Firing,
    Muted,
    Disabled,
}

impl State {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Ok, Self::Firing, Self::Muted, Self::Disabled];

    /// The word in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Firing => "firing",
            Self::Muted => "muted",
            Self::Disabled => "disabled",
        }
    }
}

/// Every field of a rule.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RuleObject {
    pub(super) id: Uuid,
    pub(super) project_id: i32,
    #[serde(flatten)]
    pub(super) settings: Settings,
    #[serde(with = "shared::time::json_option")]
    last_triggered: Option<DateTime<Utc>>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
    state: State,
    firing_count: i64,
}

impl From<&Row> for RuleObject {
    fn from(row: &Row) -> Self {
        let settings = Settings::from(row);
        let firing_count = row.get("firing_count");
        let state = match (settings.enabled, firing_count, row.get("is_muted")) {
            (false, ..) => State::Disabled,
            (true, 1.., _) => State::Firing,
            (true, _, true) => State::Muted,
            (true, _, false) => State::Ok,
        };
        Self {
            id: row.get("rule_id"),
            project_id: row.get("project_id"),
            settings,
            last_triggered: row.get("last_triggered"),
            created_at: row.get("created_at"),
            updated_at: row.get("updated_at"),
            state,
            firing_count,
        }
    }
}

impl From<&Row> for Settings {
    fn from(row: &Row) -> Self {
        Self {
            name: row.get("name"),
            watch: Watch {
                condition: row.get("condition"),
                threshold: row.get("threshold"),
                time_window: row.get("time_window"),
            },
            enabled: row.get("enabled"),
            notifications: row.get("notifications"),
            severity: severity::of_word(row.get("severity")),
            cooldown: row.get("cooldown_seconds"),
            muted_until: row.get("muted_until"),
            create_incident: row.get("create_incident"),
        }
    }
}

impl Settings {
    /// All of them, as the audit log tells a new rule.
    pub(super) fn as_changes(&self) -> Changes {
        self.changes(None)
    }

    /// What makes this of `before`.
    pub(super) fn changes_from(&self, before: &Self) -> Changes {
        self.changes(Some(before))
    }

    fn changes(&self, before: Option<&Self>) -> Changes {
        let time = |rule: &Self| rule.muted_until.map(shared::time::format);
        Changes::new()
            .field("name", before.map(|rule| &rule.name), &self.name)
            .field("condition", before.map(|rule| &rule.watch.condition), &self.watch.condition)
            .field("threshold", before.map(|rule| rule.watch.threshold), self.watch.threshold)
            .field(
                "time_window",
                before.map(|rule| &rule.watch.time_window),
                &self.watch.time_window,
            )
            .field("enabled", before.map(|rule| rule.enabled), self.enabled)
            .field("notifications", before.map(|rule| &rule.notifications), &self.notifications)
            .field("severity", before.map(|rule| rule.severity), self.severity)
            .field("cooldown", before.map(|rule| rule.cooldown), self.cooldown)
            .field("muted_until", before.and_then(time), time(self))
            .field("create_incident", before.map(|rule| rule.create_incident), self.create_incident)
    }
}
