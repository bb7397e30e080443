//! What a batch changes, gathered in memory from the events that were really inserted. Maps are
//! ordered, so that every statement made from them writes in key order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use shared::batch::Entry;
use shared::ids::ProjectId;

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
}

/// What a batch changes about one error.
#[derive(Debug)]
pub(super) struct ErrorChange<'a> {
    /// Whether the error's row exists.
    pub(super) known: bool,
    pub(super) events: i64,
    /// Users the error did not have, filled in when they are inserted.
    pub(super) users: i64,
    /// The first event in order of arrival, which names a new error.
    pub(super) first: &'a Entry,
    /// The newest event by its own time.
    pub(super) latest: &'a Entry,
    pub(super) first_seen: DateTime<Utc>,
    /// The latest moment at which an event had both happened and been received.
    pub(super) newest: DateTime<Utc>,
    pub(super) newest_receipt: DateTime<Utc>,
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
        new: &[&'a Entry],
        names: &Names,
        store: Store<'_>,
    ) -> Result<Self, PersistError> {
        let mut changes = Self::default();
        for entry in new {
            let (name, facet) = store.place(entry, names)?;
            changes.add_to_error(entry, name);
            changes.add_to_rollups(entry, name.group_id, facet);
        }
        Ok(changes)
    }

    fn add_to_error(&mut self, entry: &'a Entry, name: Name) {
        let newest = entry.occurred_at.min(entry.received_at);
        self.group_errors.insert((entry.project_id, name.group_id), name.error_id);
        self.errors
            .entry((entry.project_id, name.error_id))
            .and_modify(|change| {
                change.events += 1;
                change.first_seen = change.first_seen.min(entry.occurred_at);
                change.newest = change.newest.max(newest);
                change.newest_receipt = change.newest_receipt.max(entry.received_at);
                if entry.occurred_at >= change.latest.occurred_at {
                    change.latest = entry;
                }
            })
            .or_insert(ErrorChange {
                known: name.known,
                events: 1,
                users: 0,
                first: entry,
                latest: entry,
                first_seen: entry.occurred_at,
                newest,
                newest_receipt: entry.received_at,
            });
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

/// The start of the interval that a time lies in. A time too far out to round stays as it is; none
/// gets here, because ingest bounds them.
fn floor(time: DateTime<Utc>, width: TimeDelta) -> DateTime<Utc> {
    time.duration_trunc(width).unwrap_or(time)
}
