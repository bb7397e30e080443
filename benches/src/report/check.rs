//! Whether everything that was accepted is stored, once.

use crate::load::Outcome;
use crate::measure::Measured;

/// Something that must hold after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is compared.
    pub what: &'static str,
    /// The least it may be.
    pub least: i64,
    /// The most it may be.
    pub most: i64,
    /// What it is.
    pub found: i64,
}

impl Check {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        (self.least..=self.most).contains(&self.found)
    }
}

/// All checks of a measurement and of the load that went before it.
#[must_use]
pub fn checks(measured: &Measured, warming: Option<&Outcome>) -> Vec<Check> {
    let outcomes = || warming.into_iter().chain([&measured.outcome]);
    let total = |count: fn(&Outcome) -> u64| whole(outcomes().map(count).sum());
    let others = whole(measured.others);
    let accepted = total(|outcome| outcome.tally.accepted) + others;
    // A request without an answer may have been taken or not.
    let most = accepted + total(|outcome| outcome.tally.unanswered);
    let errors = distinct(outcomes()) + others;
    // When events were refused, nobody knows which errors they would have been.
    let all_taken = outcomes().all(|outcome| outcome.tally.accepted == outcome.tally.events);
    let counts = measured.counts;
    let stored = |what, found| Check { what, least: accepted, most, found };
    vec![
        stored("distinct events stored", counts.events),
        stored("sum of the errors' counts", counts.on_errors),
        stored("sum of the hourly totals", counts.in_hours),
        Check {
            what: "errors",
            least: if all_taken { errors } else { 0 },
            most: errors,
            found: counts.errors,
        },
        Check {
            what: "messages left in the queues, dead letters included",
            least: 0,
            most: 0,
            found: whole(measured.queued),
        },
        Check {
            what: "bytes left in the spool",
            least: 0,
            most: 0,
            // A gauge of bytes is a whole number.
            found: measured.ingest.1.sum("errata_spool_bytes") as i64,
        },
    ]
}

fn distinct<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> i64 {
    let mut seen: Vec<bool> = Vec::new();
    for outcome in outcomes {
        seen.resize(seen.len().max(outcome.seen.len()), false);
        seen.iter_mut().zip(&outcome.seen).for_each(|(all, one)| *all |= one);
    }
    whole(seen.iter().filter(|seen| **seen).count() as u64)
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::load::tally::Tally;
    use crate::system::database::Counts;

    fn outcome(events: u64, accepted: u64, unanswered: u64, seen: &[bool]) -> Outcome {
        let mut tally = Tally::default();
        (tally.events, tally.accepted, tally.unanswered) = (events, accepted, unanswered);
        let (begun, elapsed) = (Instant::now(), Duration::ZERO);
        Outcome { tally, seen: seen.to_vec(), begun, elapsed, busy: 0.0 }
    }

    fn measured(outcome: Outcome, events: i64, errors: i64) -> Measured {
        Measured {
            outcome,
            others: 0,
            stored: Vec::new(),
            until_stored: Duration::ZERO,
            drain: Duration::ZERO,
            samples: Vec::new(),
            ingest: Default::default(),
            worker: Default::default(),
            counts: Counts { events, on_errors: events, in_hours: events, errors },
            sizes: Default::default(),
            queued: 0,
            queue: Vec::new(),
        }
    }

    #[track_caller]
    fn check(measured: &Measured, warming: Option<&Outcome>, failing: &[&str]) {
        let checks = checks(measured, warming);
        let failed: Vec<_> = checks.iter().filter(|c| !c.holds()).map(|c| c.what).collect();
        assert_eq!(failed, failing);
    }

    const COUNTS: [&str; 3] =
        ["distinct events stored", "sum of the errors' counts", "sum of the hourly totals"];

    #[test]
    fn one_event_too_few_or_too_many_is_noticed() {
        check(&measured(outcome(10, 10, 0, &[true, true]), 10, 2), None, &[]);
        check(&measured(outcome(10, 10, 0, &[true, true]), 9, 2), None, &COUNTS);
        check(&measured(outcome(10, 10, 0, &[true, true]), 11, 2), None, &COUNTS);
        check(&measured(outcome(10, 10, 0, &[true, true]), 10, 1), None, &["errors"]);
    }

    #[test]
    fn what_was_not_answered_may_be_stored_or_not() {
        check(&measured(outcome(10, 8, 2, &[true]), 9, 1), None, &[]);
        check(&measured(outcome(10, 8, 2, &[true]), 7, 1), None, &COUNTS);
    }

    #[test]
    fn what_others_sent_has_errors_of_its_own() {
        let mut measured = measured(outcome(10, 10, 0, &[true]), 13, 4);
        check(&measured, None, &[COUNTS[0], COUNTS[1], COUNTS[2], "errors"]);
        measured.others = 3;
        check(&measured, None, &[]);
    }

    #[test]
    fn what_was_sent_to_warm_up_counts_too() {
        let warming = outcome(5, 5, 0, &[true, false, true]);
        check(&measured(outcome(10, 10, 0, &[true]), 15, 2), Some(&warming), &[]);
    }
}
