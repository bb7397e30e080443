//! The objects that ingest answers with.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::event::{Level, Object, User};
use shared::ids::{ErrorId, EventId, ProjectId};
use std::collections::BTreeMap;

use crate::prepare::Prepared;

/// The whole error object, as far as this one event tells it: counts and times speak of the event
/// alone, because the answer waits for no database.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorAnswer<'a> {
    id: ErrorId,
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    level: Level,
    message: &'a str,
    stack_trace: Option<&'a str>,
    context: Option<&'a Object>,
    source: &'a str,
    environment: &'a str,
    user_agent: Option<&'a str>,
    ip_address: Option<&'a str>,
    url: Option<&'a str>,
    fingerprint: String,
    resolved: bool,
    count: u64,
    #[serde(with = "shared::time::json")]
    first_seen: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    last_seen: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    created_at: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    updated_at: DateTime<Utc>,
    event_id: EventId,
    status: &'static str,
    title: String,
    exception_type: Option<&'a str>,
    culprit: Option<&'a str>,
    release: Option<&'a str>,
    tags: &'a BTreeMap<String, String>,
    user: Option<&'a User>,
    project_id: ProjectId,
    regressed: bool,
    #[serde(with = "shared::time::json_option")]
    resolved_at: Option<DateTime<Utc>>,
    assigned_to: Option<&'a str>,
    users_affected: u64,
}

/// The ids alone, for clients that prefer a minimal answer and for batches.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ids {
    id: ErrorId,
    fingerprint: String,
    event_id: EventId,
}

impl Ids {
    pub(crate) fn of(prepared: &Prepared) -> Self {
        Self {
            id: prepared.error_id,
            fingerprint: prepared.fingerprint.to_string(),
            event_id: prepared.event.event_id,
        }
    }
}

impl<'a> ErrorAnswer<'a> {
    pub(crate) fn of(prepared: &'a Prepared) -> Self {
        let event = &prepared.event;
        Self {
            id: prepared.error_id,
            timestamp: event.timestamp,
            level: event.level,
            message: &event.message,
            stack_trace: event.stack_trace.as_deref(),
            context: event.context.as_ref(),
            source: &event.source,
            environment: &event.environment,
            user_agent: event.user_agent.as_deref(),
            ip_address: event.ip_address.as_deref(),
            url: event.url.as_deref(),
            fingerprint: prepared.fingerprint.to_string(),
            resolved: false,
            count: 1,
            first_seen: event.timestamp,
            last_seen: event.timestamp,
            created_at: event.received_at,
            updated_at: event.received_at,
            event_id: event.event_id,
            status: "unresolved",
            title: event.title(),
            exception_type: event.exception_type.as_deref(),
            culprit: event.culprit.as_deref(),
            release: event.release.as_deref(),
            tags: &event.tags,
            user: event.user.as_ref(),
            project_id: event.project_id,
            regressed: false,
            resolved_at: None,
            assigned_to: None,
            users_affected: u64::from(event.user.is_some()),
        }
    }
}
