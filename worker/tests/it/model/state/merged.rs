//! Errors that are part of others, in the model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::batch::Entry;
use shared::ids::ErrorId;
use uuid::Uuid;

use super::super::picture;
use super::{Error, Event, Model, Status};

#[derive(Debug, Clone)]
pub(super) struct Merged {
    /// The error that it is part of now.
    pub(super) into: Uuid,
    /// As it was. Ignored up to a number of events, it waits for as many of its own fingerprint.
    status: Status,
    regressed: bool,
    /// The latest moment that is not after either time of an event that came since.
    newest: Option<DateTime<Utc>>,
    newest_receipt: Option<DateTime<Utc>>,
}

impl Merged {
    /// Notes an event of its fingerprint.
    pub(super) fn note(&mut self, entry: &Entry) {
        self.newest = self.newest.max(Some(entry.occurred_at.min(entry.received_at)));
        self.newest_receipt = self.newest_receipt.max(Some(entry.received_at));
    }
}

impl Model {
    /// The error that an id leads to.
    pub(super) fn home(&self, error: ErrorId) -> Uuid {
        self.merged.get(&error.0).map_or(error.0, |merged| merged.into)
    }

    pub(super) fn find(&mut self, error: ErrorId) -> Option<&mut Error> {
        let home = self.home(error);
        self.errors.get_mut(&home)
    }

    pub(in super::super) fn merge(&mut self, into: ErrorId, other: ErrorId) {
        let (into, other) = (self.home(into), self.home(other));
        if into == other || !self.errors.contains_key(&into) {
            return;
        }
        let Some(gone) = self.errors.remove(&other) else { return };
        for merged in self.merged.values_mut().filter(|merged| merged.into == other) {
            merged.into = into;
        }
        let own = gone.events.iter().filter(|event| event.entry.error_id.0 == other).count();
        let mut put_aside = gone.clone();
        put_aside.wait_longer(own as i64 - gone.events.len() as i64);
        let Error { regressed, events, .. } = gone;
        let status = put_aside.status;
        let merged = Merged { into, status, regressed, newest: None, newest_receipt: None };
        self.merged.insert(other, merged);
        let error = self.errors.get_mut(&into).unwrap();
        error.wait_longer(events.len() as i64);
        error.events.extend(events);
        error.put_latest_last();
    }

    pub(in super::super) fn unmerge(&mut self, name: ErrorId) {
        let Some(merged) = self.merged.remove(&name.0) else { return };
        let error = self.errors.get_mut(&merged.into).unwrap();
        let is_taken = |event: &Event| event.entry.error_id == name;
        let (taken, left) = std::mem::take(&mut error.events).into_iter().partition(is_taken);
        error.events = left;
        error.put_latest_last();
        let taken = Error::again(merged, taken);
        error.wait_longer(-(taken.events.len() as i64));
        self.errors.insert(name.0, taken);
    }
}

impl Error {
    /// One that is taken out of another.
    fn again(merged: Merged, events: Vec<Event>) -> Self {
        let mut error = Self { events, ..Self::new() };
        (error.status, error.regressed) = (merged.status, merged.regressed);
        let is_over = |until: Option<_>| until.is_some() && merged.newest_receipt > until;
        let is_reached =
            |count: Option<i64>| count.is_some_and(|count| error.events.len() as i64 >= count);
        match merged.status {
            Status::Resolved(_, last) if merged.newest > Some(last) => {
                (error.status, error.regressed) = (Status::Open, true);
            }
            Status::Ignored(until, count) if is_over(until) || is_reached(count) => {
                (error.status, error.regressed) = (Status::Open, false);
            }
            Status::Open | Status::Resolved(..) | Status::Ignored(..) => {}
        }
        error
    }

    /// Moves the number of events that it waits for.
    fn wait_longer(&mut self, events: i64) {
        if let Status::Ignored(_, Some(count)) = &mut self.status {
            *count += events;
        }
    }

    /// The events of each fingerprint, in the order in which they were stored.
    fn by_fingerprint(&self) -> BTreeMap<Uuid, Vec<Event>> {
        let mut events: BTreeMap<Uuid, Vec<Event>> = BTreeMap::new();
        for event in &self.events {
            events.entry(event.entry.error_id.0).or_default().push(event.clone());
        }
        events
    }

    /// Puts the events of that fingerprint last whose latest event is the error's: of equal ones the one
    /// of the greatest id.
    fn put_latest_last(&mut self) {
        let rank = |events: &Vec<Event>| {
            let row = Self { events: events.clone(), ..Self::new() }.row();
            let kept = events.iter().filter(|event| event.kept);
            let kept_at = kept.map(|event| event.entry.occurred_at).max();
            (kept_at, row.last_seen, row.latest)
        };
        let mut parts: Vec<Vec<Event>> = self.by_fingerprint().into_values().collect();
        parts.sort_by_key(rank);
        self.events = parts.concat();
    }

    pub(super) fn parts(&self) -> Vec<(Uuid, picture::Part)> {
        let part = |(name, events)| {
            let row = Self { events, ..Self::new() }.row();
            let picture::Error { events, users, first_seen, last_seen, latest, .. } = row;
            (name, picture::Part { events, users, first_seen, last_seen, latest })
        };
        self.by_fingerprint().into_iter().map(part).collect()
    }
}
