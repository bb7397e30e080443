//! In which form events travel, and to which door. What they tell does not belong here.

use std::num::NonZeroU64;

/// How events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Every event by itself.
    Single,
    /// So many in each request.
    Batch(NonZeroU64),
    /// Every event in an envelope of an SDK, packed; the key is that of a DSN.
    Envelope,
}

impl Form {
    /// So many in each request; none sends every event by itself.
    #[must_use]
    pub fn batch(events: u64) -> Self {
        NonZeroU64::new(events).map_or(Self::Single, Self::Batch)
    }

    /// Events in each request.
    #[must_use]
    pub fn events(self) -> u64 {
        match self {
            Self::Single | Self::Envelope => 1,
            Self::Batch(events) => events.get(),
        }
    }

    /// The path of the door, for the project that every installation has.
    pub(crate) fn door(self) -> &'static str {
        match self {
            Self::Single => "/api/errors",
            Self::Batch(_) => "/api/errors/batch",
            Self::Envelope => "/api/1/envelope/",
        }
    }
}
