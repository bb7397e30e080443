//! The model: what people ought to read, kept in plain maps.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The place of an error: its project's id and its number there.
pub(super) type Place = (i64, usize);

/// An event as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) place: Place,
    /// The id that the client gave.
    pub(super) id: Option<Uuid>,
    pub(super) at: DateTime<Utc>,
    /// Whether it happened after whatever was done to its error, or else before all of it.
    pub(super) fresh: bool,
    pub(super) user: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Open,
    Resolved,
    /// Until the next event, because its time passes before.
    IgnoredBriefly,
    /// Until a count, if any.
    Ignored(Option<usize>),
}

#[derive(Debug)]
pub(super) struct Error {
    /// The id that every answer gave.
    pub(super) id: String,
    pub(super) status: Status,
    regressed: bool,
    events: Vec<Event>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) errors: BTreeMap<Place, Error>,
    /// Ids of deleted errors.
    pub(super) deleted: BTreeMap<Place, String>,
    /// Ids that clients gave, by project.
    known: BTreeSet<(i64, Uuid)>,
}

impl Model {
    /// An event was accepted, as part of an error with this id. A repeat changes nothing.
    pub(super) fn store(&mut self, event: &Event, id: &str) {
        if event.id.is_some_and(|id| !self.known.insert((event.place.0, id))) {
            return;
        }
        let before = self.deleted.remove(&event.place);
        let error = self.errors.entry(event.place).or_insert_with(|| Error::new(id));
        assert_eq!(error.id, id, "one error was answered with two ids");
        assert!(
            before.is_none_or(|before| before == id),
            "a deleted error came back with another id"
        );
        error.add(event);
    }

    pub(super) fn change(&mut self, place: Place, status: Status) {
        if let Some(error) = self.errors.get_mut(&place) {
            // What is open already stays as it is.
            error.regressed &= (error.status, status) == (Status::Open, Status::Open);
            error.status = status;
        }
    }

    pub(super) fn delete(&mut self, place: Place) {
        self.deleted.extend(self.errors.remove(&place).map(|error| (place, error.id)));
    }

    /// Events of all errors.
    pub(super) fn events(&self) -> usize {
        self.errors.values().map(|error| error.events.len()).sum()
    }

    /// What the statistics of a project ought to say.
    pub(super) fn stats(&self, project: i64) -> Value {
        let errors = || self.errors.range((project, 0)..(project + 1, 0)).map(|(_, error)| error);
        let resolved = errors().filter(|error| error.status == Status::Resolved).count();
        let events: usize = errors().map(|error| error.events.len()).sum();
        json!({
            "total_errors": errors().count(), "resolved_errors": resolved,
            "events_total": events, "events_24h": events,
        })
    }
}

impl Error {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned(), status: Status::Open, regressed: false, events: Vec::new() }
    }

    fn add(&mut self, event: &Event) {
        self.events.push(event.clone());
        match self.status {
            Status::Resolved if event.fresh => (self.status, self.regressed) = (Status::Open, true),
            Status::IgnoredBriefly => self.status = Status::Open,
            Status::Ignored(Some(count)) if self.events.len() >= count => {
                self.status = Status::Open;
            }
            Status::Open | Status::Resolved | Status::Ignored(_) => {}
        }
    }

    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// What the error's object ought to say.
    pub(super) fn object(&self) -> Value {
        let times = || self.events.iter().map(|event| event.at);
        let users: BTreeSet<usize> = self.events.iter().filter_map(|event| event.user).collect();
        let mut object = json!({
            "count": self.events.len(), "resolved": self.status == Status::Resolved, "regressed": self.regressed,
            "first_seen": times().min().map(shared::time::format),
            "last_seen": times().max().map(shared::time::format),
            "users_affected": users.len(),
        });
        let status = match self.status {
            Status::Open => "unresolved",
            Status::Resolved => "resolved",
            Status::Ignored(_) => "ignored",
            // Upkeep opens it at any time.
            Status::IgnoredBriefly => return object,
        };
        object["status"] = json!(status);
        object
    }
}
