//! An event as clients see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::event::{Details, Event, Exception, Frame, Level, Note, Object, Thread, User, title};
use shared::ids::{ErrorId, EventId, ProjectId};

use super::row::ErrorRow;
use super::view::{MAX_LISTED, json_size};

/// Every field of an event. What the client did not send is null or empty.
#[derive(Debug, Serialize)]
pub(super) struct EventObject {
    event_id: EventId,
    error_id: ErrorId,
    project_id: ProjectId,
    #[serde(with = "shared::time::json")]
    timestamp: DateTime<Utc>,
    #[serde(with = "shared::time::json_option")]
    received_at: Option<DateTime<Utc>>,
    level: Level,
    title: String,
    exception_type: Option<String>,
    message: String,
    culprit: Option<String>,
    platform: Option<String>,
    release: Option<String>,
    environment: Option<String>,
    server_name: Option<String>,
    user: Option<User>,
    tags: BTreeMap<String, String>,
    /// The client's own data; `context` of the JSON API.
    contexts: Option<Object>,
    request: Option<RequestObject>,
    breadcrumbs: Option<Vec<Value>>,
    sdk: Option<Object>,
    modules: Option<BTreeMap<String, String>>,
    extra: Option<Object>,
    logger: Option<String>,
    transaction: Option<String>,
    dist: Option<String>,
    log_message: Option<String>,
    threads: Option<Vec<Thread>>,
    stack_trace: Option<String>,
    exceptions: Vec<ExceptionObject>,
    source: String,
    /// What was changed about the event on its way in.
    notes: Vec<Note>,
    /// Whether this is the whole event. Else only what columns know of it was kept.
    whole: bool,
}

/// The request during which it happened, as far as it is known.
#[derive(Debug, Default, Serialize)]
struct RequestObject {
    url: Option<String>,
    method: Option<String>,
    query_string: Value,
    headers: Value,
    cookies: Value,
    data: Value,
    env: Value,
}

impl RequestObject {
    fn new(url: Option<String>, sent: Option<Object>) -> Option<Self> {
        if url.is_none() && sent.is_none() {
            return None;
        }
        let mut sent = sent.unwrap_or_default();
        let mut part = |name: &str| sent.remove(name).unwrap_or_default();
        let method = part("method").as_str().map(str::to_owned);
        let [query_string, headers, cookies, data, env] =
            ["query_string", "headers", "cookies", "data", "env"].map(part);
        Some(Self { url, method, query_string, headers, cookies, data, env })
    }
}

#[derive(Debug, Serialize)]
struct ExceptionObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<String>,
    module: Option<String>,
    mechanism: Option<Object>,
    frames: Vec<Frame>,
}

impl From<Exception> for ExceptionObject {
    fn from(exception: Exception) -> Self {
        Self {
            kind: exception.kind,
            value: exception.value,
            module: exception.module,
            mechanism: exception.mechanism,
            frames: exception.frames,
        }
    }
}

/// A row of a list of events.
#[derive(Debug, Serialize)]
pub(super) struct ListedEvent {
    #[serde(flatten)]
    event: EventObject,
    /// Fields that are empty because they are too large for a list.
    omitted: Vec<&'static str>,
}

impl ListedEvent {
    pub(super) fn new(mut event: EventObject) -> Self {
        let mut omitted = Vec::new();
        if event.stack_trace.as_ref().is_some_and(|stack| stack.len() > MAX_LISTED) {
            event.stack_trace = None;
            omitted.push("stack_trace");
        }
        if event.contexts.as_ref().is_some_and(|contexts| json_size(contexts) > MAX_LISTED) {
            event.contexts = None;
            omitted.push("contexts");
        }
        if json_size(&event.exceptions) > MAX_LISTED {
            event.exceptions = Vec::new();
            omitted.push("exceptions");
        }
        omit(&mut event.breadcrumbs, "breadcrumbs", &mut omitted);
        omit(&mut event.extra, "extra", &mut omitted);
        omit(&mut event.modules, "modules", &mut omitted);
        omit(&mut event.request, "request", &mut omitted);
        omit(&mut event.threads, "threads", &mut omitted);
        Self { event, omitted }
    }
}

/// Leaves out what is too large for a list.
fn omit<T: Serialize>(field: &mut Option<T>, name: &'static str, omitted: &mut Vec<&'static str>) {
    if field.as_ref().is_some_and(|value| json_size(value) > MAX_LISTED) {
        *field = None;
        omitted.push(name);
    }
}

/// What columns know of an event of which only the count was kept.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) event_id: EventId,
    pub(super) project_id: ProjectId,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) received_at: Option<DateTime<Utc>>,
    pub(super) level: Level,
    pub(super) source: String,
    pub(super) environment: Option<String>,
    pub(super) release: Option<String>,
    pub(super) message: String,
    pub(super) exception_type: Option<String>,
    pub(super) culprit: Option<String>,
}

impl EventObject {
    /// The latest event of an error.
    pub(super) fn of_latest(row: &ErrorRow) -> Self {
        let latest = &row.latest;
        match &latest.event {
            Some(event) => Self::of_event(row.id, Event::clone(event)),
            None => Self::of_columns(
                row.id,
                Known {
                    event_id: latest.event_id,
                    project_id: row.project_id,
                    occurred_at: latest.occurred_at,
                    received_at: latest.received_at,
                    level: latest.level,
                    source: latest.source.clone(),
                    environment: latest.environment.clone(),
                    release: latest.release.clone(),
                    message: latest.message.clone(),
                    exception_type: latest.exception_type.clone(),
                    culprit: latest.culprit.clone(),
                },
            ),
        }
    }

    /// An event that was kept.
    pub(super) fn of_event(error_id: ErrorId, event: Event) -> Self {
        let details = event.details.map_or_else(Details::default, |details| *details);
        Self {
            event_id: event.event_id,
            error_id,
            project_id: event.project_id,
            timestamp: event.timestamp,
            received_at: Some(event.received_at),
            level: event.level,
            title: title(event.exception_type.as_deref(), &event.message),
            exception_type: event.exception_type,
            message: event.message,
            culprit: event.culprit,
            platform: event.platform,
            release: event.release,
            environment: Some(event.environment),
            server_name: event.server_name,
            user: event.user,
            tags: event.tags,
            contexts: event.context,
            request: RequestObject::new(event.url, details.request),
            breadcrumbs: some(details.breadcrumbs, Vec::is_empty),
            sdk: details.sdk,
            modules: some(details.modules, BTreeMap::is_empty),
            extra: details.extra,
            logger: details.logger,
            transaction: details.transaction,
            dist: details.dist,
            log_message: details.log_message,
            threads: some(details.threads, Vec::is_empty),
            stack_trace: event.stack_trace,
            exceptions: event.exceptions.into_iter().map(ExceptionObject::from).collect(),
            source: event.source,
            notes: event.notes,
            whole: true,
        }
    }

    /// An event of which only the count was kept.
    pub(super) fn of_columns(error_id: ErrorId, known: Known) -> Self {
        Self {
            event_id: known.event_id,
            error_id,
            project_id: known.project_id,
            timestamp: known.occurred_at,
            received_at: known.received_at,
            level: known.level,
            title: title(known.exception_type.as_deref(), &known.message),
            exception_type: known.exception_type,
            message: known.message,
            culprit: known.culprit,
            platform: None,
            release: known.release,
            environment: known.environment,
            server_name: None,
            user: None,
            tags: BTreeMap::new(),
            contexts: None,
            request: None,
            breadcrumbs: None,
            sdk: None,
            modules: None,
            extra: None,
            logger: None,
            transaction: None,
            dist: None,
            log_message: None,
            threads: None,
            stack_trace: None,
            exceptions: Vec::new(),
            source: known.source,
            notes: Vec::new(),
            whole: false,
        }
    }
}

/// A list that a client sent; none when there is nothing in it.
fn some<T>(list: T, is_empty: impl Fn(&T) -> bool) -> Option<T> {
    (!is_empty(&list)).then_some(list)
}
