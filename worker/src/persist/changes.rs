//! What a batch changes, gathered in memory from the events that were really inserted. Maps are
//! ordered, so that every statement made from them writes in key order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound as _, NaiveDate, TimeDelta, Utc};
use shared::batch::Entry;
use shared::ids::ProjectId;
use shared::ledger;

use super::events::New;
use super::names::{Name, Names};
use super::{PersistError, Store};

/// Width of a slot by receipt.
const SLOT: TimeDelta = TimeDelta::seconds(10);
/// Width of a roll-up by the event's own time.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// The group that stands for the whole project in roll-ups.
const WHOLE_PROJECT: i64 = 0;

/// Project and error.
pub(super) type ErrorKey = (ProjectId, i64);

/// Counts by project, group, start of the interval and facet.
pub(super) type Rollup = BTreeMap<(ProjectId, i64, DateTime<Utc>, i32), i64>;

/// Everything a batch changes.
#[derive(Debug, Default)]
pub(super) struct Changes<'a> {
    pub(super) errors: BTreeMap<ErrorKey, ErrorChange<'a>>,
    /// By project and group, of groups that share their error with others.
    pub(super) merged_groups: BTreeMap<(ProjectId, i64), ErrorChange<'a>>,
    /// Which error a group is part of.
    pub(super) group_errors: BTreeMap<(ProjectId, i64), i64>,
    /// The latest hour of each project, group and user.
    pub(super) users: BTreeMap<(ProjectId, i64, i64), DateTime<Utc>>,
    /// Project, group and facet.
    pub(super) group_facets: BTreeSet<(ProjectId, i64, i32)>,
    pub(super) group_slots: Rollup,
    pub(super) group_hours: Rollup,
    pub(super) project_slots: Rollup,
    pub(super) project_hours: Rollup,
    /// Project, slot, group, facet and user, where rules ask for users.
    pub(super) user_slots: BTreeSet<(ProjectId, DateTime<Utc>, i64, i32, i64)>,
    /// Bytes of the payloads that were kept, by the day of their rows.
    pub(super) payload_bytes: BTreeMap<(ProjectId, NaiveDate), i64>,
}

/// What a batch changes about one error, or about one group of an error that holds several.
#[derive(Debug)]
pub(super) struct ErrorChange<'a> {
    /// Whether the error's row exists.
    pub(super) known: bool,
    pub(super) events: i64,
    /// Users it did not have, filled in when they are inserted.
    pub(super) users: i64,
    /// The first event in order of arrival, which names a new error.
    pub(super) first: &'a Entry,
    pub(super) first_facet: i32,
    /// The newest event by its own time, of those whose payload is kept if there are any.
    pub(super) latest: New<'a>,
    pub(super) first_seen: DateTime<Utc>,
    pub(super) last_seen: DateTime<Utc>,
    /// The last hour in which payloads were kept, now or before, and how many this batch keeps of it.
    pub(super) payload_hour: Option<DateTime<Utc>>,
    pub(super) payloads: i32,
    /// The latest moment at which an event had both happened and been received.
    pub(super) newest: DateTime<Utc>,
    pub(super) newest_receipt: DateTime<Utc>,
    /// Of the event that was received last.
    pub(super) newest_facet: i32,
}

impl Store<'_> {
    /// The group and the facet of an event.
    pub(super) fn place(self, entry: &Entry, names: &Names) -> Result<(Name, i32), PersistError> {
        let name = names.get(&(entry.project_id, entry.error_id));
        let facet = self.facets.get(&(entry.project_id, entry.facet.clone()));
        match (name, facet) {
            (Some(name), Some(facet)) => Ok((*name, *facet)),
            _ => Err(PersistError::Unplaced { error_id: entry.error_id }),
        }
    }
}

impl<'a> Changes<'a> {
    /// Gathers what the new events change.
    pub(super) fn gather(
        new: &[New<'a>],
        names: &Names,
        store: Store<'_>,
    ) -> Result<Self, PersistError> {
        let mut changes = Self::default();
        for event in new {
            let (name, facet) = store.place(event, names)?;
            changes.add_to_error(*event, name, facet);
            changes.add_to_rollups(event, name.group_id, facet);
            if store.watched.with_users.contains(&event.project_id) {
                changes.add_to_user_slots(event, name.group_id, facet);
            }
            changes.add_to_bytes(event);
        }
        Ok(changes)
    }

    fn add_to_error(&mut self, event: New<'a>, name: Name, facet: i32) {
        self.group_errors.insert((event.project_id, name.group_id), name.error_id);
        self.errors
            .entry((event.project_id, name.error_id))
            .or_insert_with(|| ErrorChange::before(event, name, facet))
            .add(event, facet);
        if name.merged {
            self.merged_groups
                .entry((event.project_id, name.group_id))
                .or_insert_with(|| ErrorChange::before(event, name, facet))
                .add(event, facet);
        }
    }

    fn add_to_user_slots(&mut self, entry: &Entry, group: i64, facet: i32) {
        if let Some(user) = entry.user_hash {
            let slot = floor(entry.received_at, SLOT);
            self.user_slots.insert((entry.project_id, slot, group, facet, user));
        }
    }

    fn add_to_bytes(&mut self, event: &New<'_>) {
        if let Ok(payload) = event.payload {
            let day = (event.project_id, event.arrival.day);
            let bytes = self.payload_bytes.entry(day).or_default();
            *bytes += i64::try_from(payload.bytes.len()).unwrap_or_default();
        }
    }

    fn add_to_rollups(&mut self, entry: &Entry, group: i64, facet: i32) {
        let project = entry.project_id;
        let slot = floor(entry.received_at, SLOT);
        let hour = floor(entry.occurred_at, HOUR);
        self.group_facets.insert((project, group, facet));
        if let Some(user) = entry.user_hash {
            let seen = self.users.entry((project, group, user)).or_insert(hour);
            *seen = hour.max(*seen);
        }
        *self.group_slots.entry((project, group, slot, facet)).or_default() += 1;
        *self.group_hours.entry((project, group, hour, facet)).or_default() += 1;
        *self.project_slots.entry((project, WHOLE_PROJECT, slot, facet)).or_default() += 1;
        *self.project_hours.entry((project, WHOLE_PROJECT, hour, facet)).or_default() += 1;
    }
}

impl<'a> ErrorChange<'a> {
    /// No change yet, of an error whose first event of the batch this is.
    fn before(first: New<'a>, name: Name, facet: i32) -> Self {
        Self {
            known: name.known,
            events: 0,
            users: 0,
            first: first.arrival.entry,
            first_facet: facet,
            latest: first,
            first_seen: first.occurred_at,
            last_seen: first.occurred_at,
            payload_hour: name.payload_hour,
            payloads: 0,
            newest: first.occurred_at.min(first.received_at),
            newest_receipt: first.received_at,
            newest_facet: facet,
        }
    }

    fn add(&mut self, event: New<'a>, facet: i32) {
        let rank = |event: &New<'_>| (event.payload.is_ok(), event.occurred_at);
        if rank(&event) >= rank(&self.latest) {
            self.latest = event;
        }
        self.events += 1;
        self.first_seen = self.first_seen.min(event.occurred_at);
        self.last_seen = self.last_seen.max(event.occurred_at);
        self.newest = self.newest.max(event.occurred_at.min(event.received_at));
        if event.received_at >= self.newest_receipt {
            (self.newest_receipt, self.newest_facet) = (event.received_at, facet);
        }
        if event.payload.is_ok() {
            let hour = Some(ledger::hour(event.received_at));
            if self.payload_hour < hour {
                (self.payload_hour, self.payloads) = (hour, 0);
            }
            self.payloads += 1;
        }
    }
}

/// The start of the interval that a time lies in. A time too far out to round stays as it is; none
/// gets here, because ingest bounds them.
fn floor(time: DateTime<Utc>, width: TimeDelta) -> DateTime<Utc> {
    time.duration_trunc(width).unwrap_or(time)
}
