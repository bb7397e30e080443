//! What a transaction is given: messages as they were delivered, and their events one by one.

use std::ops::Deref;

use chrono::NaiveDate;
use shared::batch::{Batch, Entry};
use shared::ids::BatchId;

use super::days::Days;

/// What a lane has taken from its queue for one transaction.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The messages, in order of delivery.
    pub messages: Vec<Message>,
    /// Messages that could not be read and are among the dead letters by now; what they held is
    /// unknown.
    pub unreadable: Vec<BatchId>,
}

/// A batch as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it holds.
    pub batch: Batch,
    /// Whether it was a dead letter that somebody has sent again.
    pub replayed: bool,
}

impl From<Batch> for Message {
    fn from(batch: Batch) -> Self {
        Self { batch, replayed: false }
    }
}

/// An event with the message that brought it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) entry: &'a Entry,
    pub(super) message: &'a Message,
    /// The day that it is filed under.
    pub(super) day: NaiveDate,
}

impl Deref for Arrival<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.entry
    }
}

impl Message {
    /// The events, each with this message.
    pub(super) fn arrivals(&self, days: &Days) -> impl Iterator<Item = Arrival<'_>> {
        let arrival = |entry| Arrival { entry, message: self, day: days.of(entry.received_at) };
        self.batch.entries.iter().map(arrival)
    }
}

impl Delivered {
    /// The messages, each by itself; what can't be read comes with the first.
    pub(super) fn one_by_one(&self) -> impl Iterator<Item = Self> {
        let unreadable = Self { messages: Vec::new(), unreadable: self.unreadable.clone() };
        let alone =
            |message: &Message| Self { messages: vec![message.clone()], unreadable: Vec::new() };
        let all = std::iter::once(unreadable).chain(self.messages.iter().map(alone));
        all.filter(|part| *part != Self::default())
    }

    /// All events, in order of delivery.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.messages.iter().flat_map(|message| &message.batch.entries)
    }
}
