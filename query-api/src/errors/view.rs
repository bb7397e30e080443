//! An error as clients see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::event::{Event, Level, Object, User, title};
use shared::ids::{ErrorId, EventId, ProjectId};

use super::event_view::EventObject;
use super::row::{ErrorRow, Latest};
use super::status::Status;

/// In lists a text or an object that is longer as JSON is left out, and named.
pub(super) const MAX_LISTED: usize = 4 << 10;

/// Every field of an error. The values of an event are those of the latest one.
#[derive(Debug, Serialize)]
pub(super) struct ErrorObject {
    id: ErrorId,
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    level: Level,
    message: String,
    stack_trace: Option<String>,
    context: Option<Object>,
    source: String,
    environment: Option<String>,
    user_agent: Option<String>,
    ip_address: Option<String>,
    url: Option<String>,
    fingerprint: Option<String>,
    resolved: bool,
    count: i64,
    #[serde(with = "shared::time::json")]
    first_seen: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    last_seen: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
    event_id: EventId,
    status: Status,
    title: String,
    exception_type: Option<String>,
    culprit: Option<String>,
    release: Option<String>,
    tags: BTreeMap<String, String>,
    user: Option<User>,
    project_id: ProjectId,
    regressed: bool,
    #[serde(with = "shared::time::json_option")]
    resolved_at: Option<DateTime<Utc>>,
    assigned_to: Option<String>,
    users_affected: i64,
}

/// A row of a list.
#[derive(Debug, Serialize)]
pub(super) struct ListedError {
    #[serde(flatten)]
    error: ErrorObject,
    /// Fields that are null because they are too large for a list.
    omitted: Vec<&'static str>,
}

/// An error with its latest event.
#[derive(Debug, Serialize)]
pub(super) struct DetailedError {
    #[serde(flatten)]
    error: ErrorObject,
    latest_event: EventObject,
}

impl ListedError {
    pub(super) fn new(row: ErrorRow) -> Self {
        let mut error = ErrorObject::new(row);
        let mut omitted = Vec::new();
        if error.stack_trace.as_ref().is_some_and(|stack| stack.len() > MAX_LISTED) {
            error.stack_trace = None;
            omitted.push("stack_trace");
        }
        if error.context.as_ref().is_some_and(|context| json_size(context) > MAX_LISTED) {
            error.context = None;
            omitted.push("context");
        }
        Self { error, omitted }
    }
}

impl DetailedError {
    pub(super) fn new(row: ErrorRow) -> Self {
        let latest_event = EventObject::of_latest(&row);
        Self { error: ErrorObject::new(row), latest_event }
    }
}

impl ErrorObject {
    fn new(row: ErrorRow) -> Self {
        let Latest { event_id, occurred_at, event, .. } = row.latest;
        let shown = match event {
            Some(event) => Shown::from_event(*event),
            None => Shown {
                level: row.latest.level,
                message: row.latest.message,
                source: row.latest.source,
                environment: row.latest.environment,
                exception_type: row.latest.exception_type,
                culprit: row.latest.culprit,
                release: row.latest.release,
                ..Shown::default()
            },
        };
        Self {
            id: row.id,
            timestamp: occurred_at,
            level: shown.level,
            title: title(shown.exception_type.as_deref(), &shown.message),
            message: shown.message,
            stack_trace: shown.stack_trace,
            context: shown.context,
            source: shown.source,
            environment: shown.environment,
            user_agent: shown.user_agent,
            ip_address: shown.ip_address,
            url: shown.url,
            fingerprint: row.fingerprint.map(|fingerprint| fingerprint.to_string()),
            resolved: row.status == Status::Resolved,
            count: row.count,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            created_at: row.created_at,
            updated_at: row.updated_at,
            event_id,
            status: row.status,
            exception_type: shown.exception_type,
            culprit: shown.culprit,
            release: shown.release,
            tags: shown.tags,
            user: shown.user,
            project_id: row.project_id,
            regressed: row.regressed,
            resolved_at: row.resolved_at,
            assigned_to: row.assigned_to,
            users_affected: row.users,
        }
    }
}

/// The values of the latest event that an error shows.
#[derive(Debug, Default)]
struct Shown {
    level: Level,
    message: String,
    source: String,
    environment: Option<String>,
    exception_type: Option<String>,
    culprit: Option<String>,
    release: Option<String>,
    stack_trace: Option<String>,
    context: Option<Object>,
    user_agent: Option<String>,
    ip_address: Option<String>,
    url: Option<String>,
    tags: BTreeMap<String, String>,
    user: Option<User>,
}

impl Shown {
    fn from_event(event: Event) -> Self {
        Self {
            level: event.level,
            message: event.message,
            source: event.source,
            environment: Some(event.environment),
            exception_type: event.exception_type,
            culprit: event.culprit,
            release: event.release,
            stack_trace: event.stack_trace,
            context: event.context,
            user_agent: event.user_agent,
            ip_address: event.ip_address,
            url: event.url,
            tags: event.tags,
            user: event.user,
        }
    }
}

/// How long a value is as JSON; one that can't be written counts as too long.
pub(super) fn json_size(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}
