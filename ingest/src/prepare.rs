//! From a checked report to what is enqueued and what is answered: named, sanitised, compressed.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use shared::access::Project;
use shared::batch::{Entry, Facet};
use shared::event::{Event, User};
use shared::ids::{ErrorId, EventId, FINGERPRINT_VERSION, Fingerprint};
use shared::payload::{self, PayloadError};
use shared::sanitise;
use xxhash_rust::xxh3::xxh3_64;

use crate::decode::bounds;
use crate::decode::report::Report;

/// What is known about an event from its request rather than from its body.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) address: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// The id that stands for the request's `Idempotency-Key`.
    pub(crate) idempotency_id: Option<EventId>,
}

/// An event ready to be enqueued, and what its client is answered.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) event: Event,
    pub(crate) error_id: ErrorId,
    pub(crate) fingerprint: Fingerprint,
    /// None when a rule of the project discards the event.
    pub(crate) entry: Option<Entry>,
}

/// Sanitises and names a report. Nothing of the report as it came is kept.
pub(crate) fn prepare(
    report: Report,
    origin: &Origin,
    project: &Project,
) -> Result<Prepared, PayloadError> {
    let client_id = report.event_id.or(origin.idempotency_id);
    let event = event(report, origin, project, client_id.unwrap_or_else(EventId::generate));
    name(event, project).enter(IdBy::of(client_id))
}

/// Who gave an event its id. Only what a client gave can come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdBy {
    Client,
    Us,
}

impl IdBy {
    /// Who gave the id, by the one that the client gave.
    pub(crate) fn of(given: Option<EventId>) -> Self {
        if given.is_some() { Self::Client } else { Self::Us }
    }
}

/// A sanitised event under its name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) event: Event,
    fingerprint: Fingerprint,
    discarded: bool,
}

/// Sanitises and names an event.
pub(crate) fn name(mut event: Event, project: &Project) -> Named {
    if !project.keep_ip_addresses {
        forget_addresses(&mut event);
    }
    // Sanitised first, so that no secret decides about a name either.
    sanitise::event(&mut event, &project.sanitising_rules);
    let ruled = project.rules.group(&event);
    let (discarded, grouping) = (ruled.is_discarded(), ruled.grouping);
    event.type_was_read = event.exception_type.is_none() && grouping.exception_type.is_some();
    event.exception_type = grouping.exception_type.map(|text| cut(&text, bounds::EXCEPTION_TYPE));
    let culprit = grouping.culprit.map(|text| cut(&text, bounds::NAME));
    // Where no frame tells, the client may: its own word for it, or what was being done.
    event.culprit =
        culprit.or(event.culprit).or_else(|| event.details.as_ref()?.transaction.clone());
    Named { event, fingerprint: grouping.fingerprint, discarded }
}

impl Named {
    /// Makes of an event what is enqueued, unless a rule discards it.
    pub(crate) fn enter(self, id_by: IdBy) -> Result<Prepared, PayloadError> {
        let Self { event, fingerprint, discarded } = self;
        let error_id = ErrorId::derive(event.project_id, FINGERPRINT_VERSION, fingerprint);
        let name = (error_id, fingerprint);
        let entry = if discarded { None } else { Some(entry(&event, id_by, name)?) };
        Ok(Prepared { event, error_id, fingerprint, entry })
    }
}

/// What is enqueued of an event under its name.
fn entry(
    event: &Event,
    id_by: IdBy,
    (error_id, fingerprint): (ErrorId, Fingerprint),
) -> Result<Entry, PayloadError> {
    Ok(Entry {
        project_id: event.project_id,
        event_id: event.event_id,
        client_id: id_by == IdBy::Client,
        occurred_at: event.timestamp,
        received_at: event.received_at,
        error_id,
        fingerprint,
        fingerprint_version: FINGERPRINT_VERSION,
        // The function has one version so far.
        earlier_ids: Vec::new(),
        facet: Facet {
            level: event.level,
            source: event.source.clone(),
            environment: event.environment.clone(),
            release: event.release.clone().unwrap_or_default(),
        },
        user_hash: event.user.as_ref().and_then(user_hash),
        exception_type: event.exception_type.clone(),
        message: event.message.clone(),
        culprit: event.culprit.clone(),
        payload: Some(payload::encode(event)?),
    })
}

/// Leaves out the addresses of users that clients sent along; that of the request was never taken.
fn forget_addresses(event: &mut Event) {
    if let Some(user) = &mut event.user {
        user.ip_address = None;
    }
    let request = event.details.as_mut().and_then(|details| details.request.as_mut());
    let environment = request.and_then(|request| request.get_mut("env"));
    if let Some(environment) = environment.and_then(serde_json::Value::as_object_mut) {
        environment.remove("REMOTE_ADDR");
    }
}

/// The event that a report tells of. It holds its secrets still.
pub(crate) fn event(
    report: Report,
    origin: &Origin,
    project: &Project,
    event_id: EventId,
) -> Event {
    Event {
        event_id,
        project_id: project.id,
        timestamp: report.timestamp.unwrap_or(origin.received_at),
        received_at: origin.received_at,
        level: report.level,
        message: report.message,
        source: report.source,
        environment: report.environment,
        exception_type: report.exception_type,
        type_was_read: false,
        stack_trace: report.stack_trace,
        exceptions: Vec::new(),
        culprit: None,
        context: report.context,
        url: report.url,
        release: report.release,
        user: report.user,
        tags: report.tags,
        client_fingerprint: report.fingerprint,
        user_agent: origin.user_agent.clone(),
        ip_address: project.keep_ip_addresses.then(|| origin.address.to_string()),
        platform: None,
        server_name: None,
        details: None,
        notes: report.notes,
    }
}

/// Hash of what identifies a user best: the client's id, else the mail address, the login, the
/// address. Which of them it is goes into the hash, so that an id never meets an equal login.
fn user_hash(user: &User) -> Option<i64> {
    let kinds = [
        ("id", &user.id),
        ("email", &user.email),
        ("username", &user.username),
        ("ip", &user.ip_address),
    ];
    let (kind, text) = kinds.into_iter().find_map(|(kind, text)| Some((kind, text.as_ref()?)))?;
    Some(xxh3_64(format!("{kind}:{text}").as_bytes()).cast_signed())
}

/// The start of a text, up to so many bytes.
fn cut(text: &str, bytes: usize) -> String {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use shared::fingerprint;
    use shared::fingerprint::rules::{List, ProjectRules};
    use shared::ids::ProjectId;

    use super::*;
    use crate::decode::report;

    fn run(body: serde_json::Value, keep_ip_addresses: bool) -> Prepared {
        run_with(body, keep_ip_addresses, ProjectRules::default())
    }

    fn run_with(body: serde_json::Value, keep_ip_addresses: bool, rules: ProjectRules) -> Prepared {
        let received_at = shared::time::now();
        let origin = Origin {
            received_at,
            address: [203, 0, 113, 9].into(),
            user_agent: None,
            idempotency_id: None,
        };
        let project = Project {
            id: ProjectId(7),
            keep_ip_addresses,
            sanitising_rules: Arc::new(sanitise::Rules::default()),
            rules: Arc::new(rules),
        };
        prepare(report::check(body, received_at).unwrap(), &origin, &project).unwrap()
    }

    #[test]
    fn the_id_is_a_function_of_project_and_fingerprint() {
        let first = run(json!({"message": "m", "source": "a"}), true);
        let second = run(json!({"message": "m", "source": "b"}), true);
        assert_eq!(first.error_id, second.error_id);
        assert_eq!(
            first.error_id,
            ErrorId::derive(ProjectId(7), FINGERPRINT_VERSION, first.fingerprint)
        );
        assert_ne!(first.event.event_id, second.event.event_id);
    }

    #[test]
    fn what_is_enqueued_is_what_is_answered() {
        let prepared = run(json!({"message": "m", "source": "s", "context": {"a": 1}}), true);
        let payload = prepared.entry.unwrap().payload.unwrap();
        assert_eq!(payload::decode(payload.encoding, &payload.bytes).unwrap(), prepared.event);
    }

    #[test]
    fn a_stored_event_is_named_again_as_it_was() {
        for report in [
            json!({"message": "store.LoadError: no rack", "source": "s"}),
            json!({"message": "store.LoadError: no rack", "source": "s", "exception_type": "LoadError"}),
            json!({"message": "no rack", "source": "s", "stack_trace": "LoadError: no rack\n    at load (/srv/app/rack.js:3:9)"}),
            json!({"message": "no rack", "source": "s", "exception_type": "Other",
                   "stack_trace": "  File \"/srv/app/rack.py\", line 3, in load\nLoadError: no rack"}),
            json!({"message": "no rack", "source": "s", "fingerprint": ["{{ default }}", "own"]}),
        ] {
            let prepared = run(report.clone(), true);
            let payload = prepared.entry.unwrap().payload.unwrap();
            let stored = payload::decode(payload.encoding, &payload.bytes).unwrap();
            let again = fingerprint::group(stored.grouping_input());
            assert_eq!(again.fingerprint, prepared.fingerprint, "{report}");
        }
    }

    #[test]
    fn the_rules_of_the_project_name_an_event_or_discard_it() {
        let rules = || {
            let parse = |list, text| ProjectRules::parse(list, text).unwrap();
            ProjectRules {
                discard: parse(List::Discard, "message:noise -> discard"),
                grouping: parse(List::Grouping, "source:a -> fingerprint(\"one\")"),
            }
        };
        let named = |message, source| {
            run_with(json!({"message": message, "source": source}), true, rules())
        };
        let (first, second) = (named("one thing", "a"), named("or another", "a"));
        assert_eq!(first.error_id, second.error_id);
        assert_eq!(first.entry.unwrap().error_id, first.error_id);
        assert_ne!(named("one thing", "b").error_id, first.error_id);
        let noise = named("noise", "b");
        assert!(noise.entry.is_none());
        assert_eq!(noise.error_id, run(json!({"message": "noise", "source": "b"}), true).error_id);
    }

    #[test]
    fn addresses_are_kept_unless_the_project_says_no() {
        let user = json!({"id": 7, "ip_address": "203.0.113.8"});
        let report = json!({"message": "m", "source": "s", "user": user});
        let kept = run(report.clone(), true).event;
        assert_eq!(kept.ip_address.as_deref(), Some("203.0.113.9"));
        assert_eq!(kept.user.unwrap().ip_address.as_deref(), Some("203.0.113.8"));
        let forgotten = run(report, false).event;
        assert_eq!((forgotten.ip_address, forgotten.user.unwrap().ip_address), (None, None));
    }

    #[test]
    fn users_are_told_apart_by_what_identifies_them() {
        let named = |user| run(json!({"message": "m", "source": "s", "user": user}), true);
        let hash = |user| named(user).entry.unwrap().user_hash;
        assert_eq!(hash(json!({"id": 7})), hash(json!({"id": "7", "email": "a@example.com"})));
        assert_ne!(hash(json!({"id": "7"})), hash(json!({"username": "7"})));
        assert_eq!(hash(json!({})), None);
    }
}
