//! What can become of an event, in the words of metrics and of the ledger.
//!
//! Every event that is received ends in exactly one outcome. Ingest counts what it accepts and what it
//! refuses; the worker counts what became of the accepted ones, in the transaction that decides it. Two
//! outcomes are of things that were never received as events: what clients say they lost before they sent
//! it, and what SDKs send besides.

use std::fmt;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use crate::ids::ProjectId;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Durable, and answered so. Ends in one of the five outcomes that follow.
    Accepted,
    /// Stored with its payload.
    Stored,
    /// Its id was stored before.
    Deduplicated,
    /// Stored and counted without its payload, because a budget was used up.
    CountedOnly,
    /// Left out on purpose.
    Filtered,
    /// Can't be stored, and was set aside for a person to look at.
    DeadLettered,
    /// Refused, because its key or project sent too many.
    RateLimited,
    /// Refused for what it holds or how it came.
    Invalid,
    /// Refused, because it could not be made durable.
    Unavailable,
    /// Never sent: lost or left out by the client, by its own report.
    ClientDiscarded,
    /// No event, but something else that nothing is kept of.
    Discarded,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Stored,
        Self::Deduplicated,
        Self::CountedOnly,
        Self::Filtered,
        Self::DeadLettered,
        Self::RateLimited,
        Self::Invalid,
        Self::Unavailable,
        Self::ClientDiscarded,
        Self::Discarded,
    ];

    /// The outcomes of accepted events: their sum is what was accepted, once nothing waits any more.
    pub const OF_ACCEPTED: [Self; 5] =
        [Self::Stored, Self::Deduplicated, Self::CountedOnly, Self::Filtered, Self::DeadLettered];

    /// The name in metrics, in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Stored => "stored",
            Self::Deduplicated => "deduplicated",
            Self::CountedOnly => "counted_only",
            Self::Filtered => "filtered",
            Self::DeadLettered => "dead_lettered",
            Self::RateLimited => "rate_limited",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
            Self::ClientDiscarded => "client_discarded",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Stands in the ledger for requests whose project is unknown, and for messages that can't be read.
pub const NO_PROJECT: ProjectId = ProjectId(0);

/// The hour that an event is accounted under, by its receipt.
pub fn hour(received_at: DateTime<Utc>) -> DateTime<Utc> {
    // A time too far out to round stays as it is.
    received_at.duration_trunc(TimeDelta::hours(1)).unwrap_or(received_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<&str> =
            Outcome::ALL.into_iter().map(Outcome::as_str).collect();
        assert_eq!(names.len(), Outcome::ALL.len());
    }

    #[test]
    fn an_hour_begins_at_its_first_moment() {
        let time = |text| crate::time::parse(text).unwrap();
        assert_eq!(hour(time("2025-08-29T12:59:59.999Z")), time("2025-08-29T12:00:00Z"));
        assert_eq!(hour(time("2025-08-29T12:00:00Z")), time("2025-08-29T12:00:00Z"));
    }
}
