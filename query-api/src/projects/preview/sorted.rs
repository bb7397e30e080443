//! Events by what rules would make of them.

use std::collections::{BTreeMap, HashMap};

use shared::event::Event;
use shared::fingerprint::rules::{List, Ruled};
use shared::ids::Fingerprint;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) events: usize,
    /// How many events each rule matched, by its text and line.
    pub(super) matched: HashMap<(List, usize), usize>,
    /// Discarded events by the error that they are in.
    pub(super) discarded: BTreeMap<i64, usize>,
    /// All others by the fingerprint that they would have.
    pub(super) groups: HashMap<Fingerprint, Group>,
}

/// Events that would have one fingerprint.
#[derive(Debug)]
pub(super) struct Group {
    /// The title of the newest.
    pub(super) title: String,
    /// How many are in which error now.
    pub(super) from: BTreeMap<i64, usize>,
}

impl Group {
    pub(super) fn events(&self) -> usize {
        self.from.values().sum()
    }
}

impl Sorted {
    /// Adds an event of an error. The newest comes first.
    pub(super) fn add(&mut self, error_id: i64, event: &Event, ruled: &Ruled<'_>) {
        self.events += 1;
        if let Some(matched) = ruled.matched {
            *self.matched.entry((matched.list, matched.line)).or_default() += 1;
        }
        if ruled.is_discarded() {
            *self.discarded.entry(error_id).or_default() += 1;
            return;
        }
        let group = self
            .groups
            .entry(ruled.grouping.fingerprint)
            .or_insert_with(|| Group { title: event.title(), from: BTreeMap::new() });
        *group.from.entry(error_id).or_default() += 1;
    }
}
