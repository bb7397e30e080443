//! What clients are told, and its JSON.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::event::Level;
use crate::ids::ErrorId;

/// One thing that happened in a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Errors are new, came back, or have other numbers.
    Errors(ErrorChanges),
    /// A rule began or ceased to fire.
    Firing(Firing),
    /// An incident was opened or changed.
    Incident(Incident),
    /// Errors have changed, and nobody knows which: what a client shows of them may be too old.
    Refresh,
}

/// The kinds of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Item::Errors`]
    Errors,
    /// [`Item::Firing`]
    Firing,
    /// [`Item::Incident`]
    Incident,
    /// [`Item::Refresh`]
    Refresh,
}

/// A word names no kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of item")]
pub struct UnknownKind;

/// What became of a project's errors within about half a second.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorChanges {
    /// Seen for the first time.
    pub new: Vec<ErrorSummary>,
    /// Resolved, and seen again.
    pub regressed: Vec<ErrorSummary>,
    /// Seen again.
    pub changed: Vec<ErrorCount>,
    /// There was more than the lists hold.
    pub more: bool,
}

/// An error as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorSummary {
    /// Its public id.
    pub id: ErrorId,
    /// Type and first line of the message.
    pub title: String,
    /// Where it was raised.
    pub culprit: Option<String>,
    /// The level of its latest event.
    pub level: Level,
    /// The source of its latest event.
    pub source: String,
    /// `users_affected`, `count` and the rest.
    #[serde(flatten)]
    pub numbers: ErrorNumbers,
    /// When its first event happened.
    #[serde(with = "crate::time::json")]
    pub first_seen: DateTime<Utc>,
}

/// What a further event changes of an error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorCount {
    /// Its public id.
    pub id: ErrorId,
    /// `users_affected`, `count` and the rest.
    #[serde(flatten)]
    pub numbers: ErrorNumbers,
}

/// The numbers of an error now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorNumbers {
    /// Events.
    pub count: i64,
    /// Users that they happened to.
    pub users_affected: i64,
    /// When the latest event happened.
    #[serde(with = "crate::time::json")]
    pub last_seen: DateTime<Utc>,
    /// `unresolved`, `resolved` or `ignored`.
    pub status: String,
}

/// A rule began or ceased to fire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Firing {
    /// The firing.
    pub firing_id: Uuid,
    /// The rule.
    pub rule_id: Uuid,
    /// Its name when it fired.
    pub rule_name: String,
    /// Its severity when it fired.
    pub severity: String,
    /// Which of the two.
    pub state: FiringState,
    /// The error that it fires about, if the rule looks at each by itself.
    pub error_id: Option<ErrorId>,
    /// What was measured.
    pub value: f64,
    /// What it was measured against.
    pub threshold: f64,
    /// When.
    #[serde(with = "crate::time::json")]
    pub at: DateTime<Utc>,
}

/// Whether a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FiringState {
    /// It has become true.
    Firing,
    /// It is true no more, or nobody asks any more.
    Ended,
}

/// An incident was opened or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The incident.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// `investigating`, `identified`, `monitoring` or `resolved`.
    pub status: String,
    /// What became of it.
    pub change: IncidentChange,
}

/// What became of an incident, in the words of its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentChange {
    /// It is new.
    Opened,
    /// Somebody changed it.
    Changed,
    /// Its rule fired once more.
    Fired,
    /// Its rule ceased to fire.
    Recovered,
    /// It is over.
    Resolved,
}

impl IncidentChange {
    /// The word in histories and in the feed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Fired => "fired",
            Self::Recovered => "recovered",
            Self::Resolved => "resolved",
        }
    }
}

impl Item {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Errors(_) => Kind::Errors,
            Self::Firing(_) => Kind::Firing,
            Self::Incident(_) => Kind::Incident,
            Self::Refresh => Kind::Refresh,
        }
    }

    /// The item as a JSON object.
    ///
    /// # Errors
    /// When a number is none that JSON has.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Errors(changes) => serde_json::to_string(changes),
            Self::Firing(firing) => serde_json::to_string(firing),
            Self::Incident(incident) => serde_json::to_string(incident),
            Self::Refresh => Ok("{}".to_owned()),
        }
    }
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Errors, Self::Firing, Self::Incident, Self::Refresh];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Firing => "firing",
            Self::Incident => "incident",
            Self::Refresh => "refresh",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(item: &Item, kind: &str, expected: &Value) {
        assert_eq!(item.kind().to_string(), kind);
        assert_eq!(kind.parse(), Ok(item.kind()));
        let json: Value = serde_json::from_str(&item.json().unwrap()).unwrap();
        assert_eq!(json, *expected);
    }

    #[test]
    fn items_are_flat_objects() {
        let at = crate::time::parse("2026-11-21T10:00:00Z").unwrap();
        let id = ErrorId(Uuid::nil());
        let status = "unresolved".to_owned();
        let numbers = ErrorNumbers { count: 3, users_affected: 2, last_seen: at, status };
        let changes = ErrorChanges {
            new: vec![ErrorSummary {
                id,
                title: "ValueError: no".to_owned(),
                culprit: None,
                level: Level::Error,
                source: "shop".to_owned(),
                numbers: numbers.clone(),
                first_seen: at,
            }],
            changed: vec![ErrorCount { id, numbers }],
            ..ErrorChanges::default()
        };
        let count = json!({
            "id": id, "count": 3, "users_affected": 2, "last_seen": "2026-11-21T10:00:00.000Z",
            "status": "unresolved",
        });
        let mut summary = count.clone();
        summary["title"] = json!("ValueError: no");
        summary["culprit"] = Value::Null;
        summary["level"] = json!("error");
        summary["source"] = json!("shop");
        summary["first_seen"] = json!("2026-11-21T10:00:00.000Z");
        let expected =
            json!({"new": [summary], "regressed": [], "changed": [count], "more": false});
        check(&Item::Errors(changes), "errors", &expected);
        check(&Item::Refresh, "refresh", &json!({}));
        let firing = Firing {
            firing_id: Uuid::nil(),
            rule_id: Uuid::nil(),
            rule_name: "many".to_owned(),
            severity: "high".to_owned(),
            state: FiringState::Ended,
            error_id: None,
            value: 1.5,
            threshold: 2.0,
            at,
        };
        let expected = json!({
            "firing_id": Uuid::nil(), "rule_id": Uuid::nil(), "rule_name": "many",
            "severity": "high", "state": "ended", "error_id": null, "value": 1.5, "threshold": 2.0,
            "at": "2026-11-21T10:00:00.000Z",
        });
        check(&Item::Firing(firing), "firing", &expected);
        let incident = Incident {
            id: Uuid::nil(),
            title: "down".to_owned(),
            severity: "low".to_owned(),
            status: "resolved".to_owned(),
            change: IncidentChange::Resolved,
        };
        let expected = json!({
            "id": Uuid::nil(), "title": "down", "severity": "low", "status": "resolved",
            "change": "resolved",
        });
        check(&Item::Incident(incident), "incident", &expected);
    }
}
