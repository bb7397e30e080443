//! What a notification tells, as the outbox keeps it: facts only, so that it reads the same however
//! often and through whichever channel it goes out. How it is worded is not said here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::channels::Severity;
use shared::ids::ProjectId;
use uuid::Uuid;

/// The content of a notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The project.
    pub project: ToldProject,
    /// The rule as it was.
    pub rule: ToldRule,
    /// What became of it.
    pub news: News,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// It became true.
    Fired(ToldFiring),
    /// It is true no longer.
    Recovered(ToldFiring),
    /// More happened than is told one by one.
    Digest(ToldDigest),
}

/// A project as a notification names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub struct ToldProject {
    pub id: ProjectId,
    pub name: String,
}

/// A rule as a notification names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldRule {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its condition in canonical form.
    pub condition: String,
    /// The metric's name, such as `error_count`.
    pub metric: String,
    /// The comparison, such as `>`.
    pub comparison: String,
    /// What the metric is compared with.
    pub threshold: f64,
    /// The window in words, such as `5 minutes`.
    pub window: String,
    /// How much it matters.
    pub severity: Severity,
}

/// A firing as a notification tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldFiring {
    /// Its id.
    pub firing_id: Uuid,
    /// The incident that it belongs to.
    pub incident_id: Option<Uuid>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended, of a recovery.
    pub ended_at: Option<DateTime<Utc>>,
    /// What is measured now: above the threshold of a firing, below it of a recovery.
    pub value: f64,
    /// The error that it is about, of a rule that looks at each error.
    pub error: Option<ToldError>,
    /// The errors with the most events in the window, most first; at most five.
    pub top_errors: Vec<ToldError>,
}

/// An error as a notification shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldError {
    /// Its public id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Where it happens.
    pub culprit: Option<String>,
    /// Its level, such as `error`.
    pub level: String,
    /// Its source, such as `backend`.
    pub source: String,
    /// Its events: in the window where that is what is measured, else all.
    pub events: u64,
}

/// What a digest sums up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldDigest {
    /// When the first of it happened.
    pub from: DateTime<Utc>,
    /// When the last of it happened.
    pub until: DateTime<Utc>,
    /// How many firings began.
    pub fired: u64,
    /// How many ended.
    pub recovered: u64,
    /// The firings, the first [`MAX_DIGESTED`].
    pub firings: Vec<Digested>,
}

/// Firings that a digest names; the rest of them is a number.
pub const MAX_DIGESTED: usize = 1_000;

/// A line of a digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digested {
    /// The firing.
    pub firing_id: Uuid,
    /// Whether this is about its end.
    pub recovered: bool,
    /// When that was.
    pub at: DateTime<Utc>,
    /// What was measured.
    pub value: f64,
    /// The public id and the title of its error.
    pub error: Option<(Uuid, String)>,
}
