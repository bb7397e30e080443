//! The model: what ought to be stored, kept in plain maps and changed event by event.

mod merged;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use shared::batch::{Batch, Entry};
use shared::ids::{BatchId, ErrorId};
use shared::ledger::{Outcome, hour};
use uuid::Uuid;
use worker::persist::{Budgets, Message};

use self::merged::Merged;
use super::picture::{self, Ending, Picture, Total};

/// Everything that is remembered.
#[derive(Debug, Clone)]
pub(super) struct Model {
    budgets: Budgets,
    /// Projects that exist.
    projects: BTreeSet<i32>,
    /// The user whose events Postgres refuses.
    pub(super) refused_user: Option<i64>,
    batches: BTreeSet<BatchId>,
    /// Ids that clients gave, under the day of receipt and the day after.
    seen: BTreeSet<(i32, Uuid, NaiveDate)>,
    errors: BTreeMap<Uuid, Error>,
    /// Errors that became part of others, as they were.
    merged: BTreeMap<Uuid, Merged>,
    /// Events of deleted errors that upkeep has not removed yet.
    deleted: Vec<Event>,
    ledger: BTreeMap<Ending, i64>,
    /// Dead letters that nobody has sent again.
    pub(super) letters: BTreeSet<BatchId>,
}

#[derive(Debug, Clone)]
struct Event {
    entry: Entry,
    /// Whether its payload is kept.
    kept: bool,
}

#[derive(Debug, Clone)]
struct Error {
    status: Status,
    regressed: bool,
    /// In the order in which they were stored.
    events: Vec<Event>,
    /// The latest hour of receipt in which a payload was kept, and payloads kept since it began.
    kept: (Option<DateTime<Utc>>, u32),
}

#[derive(Debug, Clone, Copy)]
enum Status {
    Open,
    /// When it was resolved first, and last.
    Resolved(DateTime<Utc>, DateTime<Utc>),
    /// Until a time or a count.
    Ignored(Option<DateTime<Utc>>, Option<i64>),
}

impl Model {
    pub(super) fn new(projects: impl IntoIterator<Item = i32>, budgets: Budgets) -> Self {
        Self {
            budgets,
            projects: projects.into_iter().collect(),
            refused_user: None,
            batches: BTreeSet::new(),
            seen: BTreeSet::new(),
            errors: BTreeMap::new(),
            merged: BTreeMap::new(),
            deleted: Vec::new(),
            ledger: BTreeMap::new(),
            letters: BTreeSet::new(),
        }
    }

    /// A transaction with these messages. A message that came before changes nothing.
    pub(super) fn deliver(&mut self, messages: &[Message]) {
        for message in messages {
            if self.batches.insert(message.batch.batch_id) {
                for entry in &message.batch.entries {
                    let (outcome, reason) = self.receive(entry, &message.batch);
                    self.account(entry, outcome, reason, 1);
                    if message.replayed {
                        self.account(entry, Outcome::DeadLettered, "data", -1);
                    }
                }
            }
        }
    }

    fn account(&mut self, entry: &Entry, outcome: Outcome, reason: &str, events: i64) {
        let received = hour(entry.received_at);
        let ending = (entry.project_id.0, received, outcome.to_string(), reason.to_owned());
        *self.ledger.entry(ending).or_default() += events;
    }

    fn receive(&mut self, entry: &Entry, batch: &Batch) -> (Outcome, &'static str) {
        if !self.projects.contains(&entry.project_id.0) {
            return (Outcome::Filtered, "project_deleted");
        }
        if self.is_repeat(entry) {
            return (Outcome::Deduplicated, "");
        }
        if entry.user_hash.is_some() && entry.user_hash == self.refused_user {
            self.forget(entry);
            self.letters.insert(batch.batch_id.of_one(entry.event_id));
            return (Outcome::DeadLettered, "data");
        }
        let held = self.held_bytes(entry.project_id.0);
        let home = self.home(entry.error_id);
        if let Some(merged) = self.merged.get_mut(&entry.error_id.0) {
            merged.note(entry);
        }
        let error = self.errors.entry(home).or_insert_with(Error::new);
        match error.keep_payload(entry, held, self.budgets) {
            Ok(()) => (Outcome::Stored, ""),
            Err(reason) => (Outcome::CountedOnly, reason),
        }
    }

    /// Marks an id that a client gave; whether a receipt of the same day or a neighbouring one, stored
    /// or itself a repeat, has marked it before.
    fn is_repeat(&mut self, entry: &Entry) -> bool {
        let fresh = marks(entry).map(|mark| self.seen.insert(mark));
        entry.client_id && fresh != [true, true]
    }

    /// Takes the marks back of an event that can't be stored: its id was new, so both are its own.
    fn forget(&mut self, entry: &Entry) {
        for mark in marks(entry) {
            self.seen.remove(&mark);
        }
    }

    fn held_bytes(&self, project: i32) -> u64 {
        let in_project = |event: &&Event| event.entry.project_id.0 == project;
        self.events().filter(in_project).map(|event| event.bytes() as u64).sum()
    }

    /// All that take up space.
    fn events(&self) -> impl Iterator<Item = &Event> {
        self.errors.values().flat_map(|error| &error.events).chain(&self.deleted)
    }

    pub(super) fn resolve(&mut self, error: ErrorId, at: DateTime<Utc>) {
        if let Some(error) = self.find(error) {
            let first = if let Status::Resolved(first, _) = error.status { first } else { at };
            (error.status, error.regressed) = (Status::Resolved(first, at), false);
        }
    }

    pub(super) fn unresolve(&mut self, error: ErrorId) {
        if let Some(error) = self.find(error)
            && !matches!(error.status, Status::Open)
        {
            (error.status, error.regressed) = (Status::Open, false);
        }
    }

    /// Ignores until a time or so many events from now.
    pub(super) fn ignore(
        &mut self,
        error: ErrorId,
        until: Option<DateTime<Utc>>,
        events: Option<i64>,
    ) {
        if let Some(error) = self.find(error) {
            let count = events.map(|events| error.events.len() as i64 + events);
            (error.status, error.regressed) = (Status::Ignored(until, count), false);
        }
    }

    pub(super) fn delete(&mut self, error: ErrorId) {
        let home = self.home(error);
        self.deleted.extend(self.errors.remove(&home).into_iter().flat_map(|error| error.events));
        self.merged.retain(|_, merged| merged.into != home);
    }

    /// Upkeep has removed what was deleted.
    pub(super) fn purge(&mut self) {
        self.deleted.clear();
    }

    /// Upkeep has opened ignored errors whose time has come.
    pub(super) fn wake(&mut self, now: DateTime<Utc>) {
        for error in self.errors.values_mut() {
            if matches!(error.status, Status::Ignored(Some(until), _) if until <= now) {
                error.status = Status::Open;
            }
        }
    }

    /// What the database ought to hold.
    pub(super) fn picture(&self) -> Picture {
        let mut picture = Picture { deleted: self.deleted.len() as i64, ..Picture::default() };
        for (id, error) in &self.errors {
            picture.errors.insert(*id, error.row());
            if self.merged.values().any(|merged| merged.into == *id) {
                picture.parts.extend(error.parts());
            }
            for event in &error.events {
                event.draw(*id, &mut picture);
            }
        }
        for event in self.events().filter(|event| event.kept) {
            let day = (event.entry.project_id.0, event.day());
            *picture.payload_bytes.entry(day).or_default() += event.bytes();
        }
        let ended = self.ledger.iter().filter(|(_, events)| **events != 0);
        picture.ledger = ended.map(|(ending, events)| (ending.clone(), *events)).collect();
        picture
    }
}

/// The day of receipt and the day after, under which an id is marked.
fn marks(entry: &Entry) -> [(i32, Uuid, NaiveDate); 2] {
    let day = entry.received_at.date_naive();
    [day, day + Days::new(1)].map(|day| (entry.project_id.0, entry.event_id.0, day))
}

impl Error {
    fn new() -> Self {
        Self { status: Status::Open, regressed: false, events: Vec::new(), kept: (None, 0) }
    }

    /// Stores an event, with its payload unless a budget is used up.
    fn keep_payload(
        &mut self,
        entry: &Entry,
        held: u64,
        budgets: Budgets,
    ) -> Result<(), &'static str> {
        let kept = self.spend(entry, held, budgets);
        self.events.push(Event { entry: entry.clone(), kept: kept.is_ok() });
        self.reopen(entry);
        kept
    }

    fn spend(&mut self, entry: &Entry, held: u64, budgets: Budgets) -> Result<(), &'static str> {
        let payload = entry.payload.as_ref().ok_or("sender")?;
        if held + payload.bytes.len() as u64 > budgets.project_bytes {
            return Err("project_budget");
        }
        let received = Some(hour(entry.received_at));
        if self.kept.0 < received {
            self.kept = (received, 0);
        }
        if self.kept.1 >= budgets.error_payloads_per_hour {
            return Err("error_budget");
        }
        self.kept.1 += 1;
        Ok(())
    }

    fn reopen(&mut self, entry: &Entry) {
        match self.status {
            Status::Resolved(_, last) if entry.occurred_at > last && entry.received_at > last => {
                (self.status, self.regressed) = (Status::Open, true);
            }
            Status::Ignored(until, count)
                if until.is_some_and(|until| entry.received_at > until)
                    || count.is_some_and(|count| self.events.len() as i64 >= count) =>
            {
                self.status = Status::Open;
            }
            Status::Open | Status::Resolved(..) | Status::Ignored(..) => {}
        }
    }

    fn row(&self) -> picture::Error {
        let times = || self.events.iter().map(|event| event.entry.occurred_at);
        let users: BTreeSet<i64> =
            self.events.iter().filter_map(|event| event.entry.user_hash).collect();
        // Of equal ones the last is the greatest.
        let rank = |event: &&Event| (event.kept, event.entry.occurred_at);
        let latest = &self.events.iter().max_by_key(rank).unwrap().entry;
        let (status, resolved_at, ignored_until, ignored_until_count) = match self.status {
            Status::Open => (0, None, None, None),
            Status::Resolved(first, _) => (1, Some(first), None, None),
            Status::Ignored(until, count) => (2, None, until, count),
        };
        picture::Error {
            status,
            regressed: self.regressed,
            resolved_at,
            ignored_until,
            ignored_until_count,
            events: self.events.len() as i64,
            users: users.len() as i64,
            first_seen: times().min().unwrap(),
            last_seen: times().max().unwrap(),
            latest: latest.event_id.0,
            level: latest.facet.level.code(),
            source: latest.facet.source.clone(),
        }
    }
}

impl Event {
    fn day(&self) -> NaiveDate {
        self.entry.received_at.date_naive()
    }

    /// Bytes of the payload that is kept.
    fn bytes(&self) -> i64 {
        let payload = self.entry.payload.as_ref().filter(|_| self.kept);
        payload.map_or(0, |payload| payload.bytes.len() as i64)
    }

    /// Adds the event to the picture of its error.
    fn draw(&self, error: Uuid, picture: &mut Picture) {
        let entry = &self.entry;
        let happened = hour(entry.occurred_at);
        let (level, source) = (entry.facet.level.code(), &entry.facet.source);
        picture.events.insert((error, entry.event_id.0, self.day(), self.kept));
        picture.facets.insert((error, level, source.clone()));
        if let Some(user) = entry.user_hash {
            let seen = picture.users.entry((error, user)).or_insert(happened);
            *seen = happened.max(*seen);
        }
        for group in [None, Some(error)] {
            let total = |at| -> Total { (entry.project_id.0, group, at, level, source.clone()) };
            *picture.happened.entry(total(happened)).or_default() += 1;
            *picture.received.entry(total(hour(entry.received_at))).or_default() += 1;
        }
    }
}
