//! The requests of this process, and how they are cut into minutes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use super::buckets::{Buckets, LiveBuckets, micros};

/// Minutes that could not be written yet: two hours. Older ones are given up for newer ones.
const MAX_UNWRITTEN: usize = 120;

/// What is counted on the way of a request: a few additions, no lock.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    failed: AtomicU64,
    micros: AtomicU64,
    buckets: LiveBuckets,
}

impl Traffic {
    pub(super) fn record(&self, status: StatusCode, took: Duration) {
        if status.is_server_error() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros(took), Ordering::Relaxed);
        self.buckets.record(took, 1);
    }

    pub(super) fn look(&self) -> Totals {
        Totals {
            failed: self.failed.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
            buckets: self.buckets.look(),
        }
    }
}

/// Requests of a process, or of a part of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    pub(super) failed: u64,
    pub(super) micros: u64,
    pub(super) buckets: Buckets,
}

impl Totals {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            failed: self.failed.saturating_sub(earlier.failed),
            micros: self.micros.saturating_sub(earlier.micros),
            buckets: self.buckets.since(&earlier.buckets),
        }
    }
}

/// One minute, by its number since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minute {
    pub(super) number: i64,
    pub(super) totals: Totals,
}

/// Cuts totals that only grow into minutes, and keeps those that are not written.
#[derive(Debug)]
pub(super) struct Minutes {
    running: i64,
    base: Totals,
    over: VecDeque<Minute>,
}

impl Minutes {
    /// Begins in a minute.
    pub(super) fn new(minute: i64) -> Self {
        Self { running: minute, base: Totals::default(), over: VecDeque::new() }
    }

    /// Ends the running minute when it is over. A clock that is set back lengthens it.
    pub(super) fn advance(&mut self, minute: i64, totals: &Totals) {
        if minute <= self.running {
            return;
        }
        if self.over.len() == MAX_UNWRITTEN {
            self.over.pop_front();
        }
        self.over.push_back(Minute { number: self.running, totals: totals.since(&self.base) });
        self.running = minute;
        self.base = *totals;
    }

    /// What is to be written: the minutes that are over, oldest first, and the running one so far.
    pub(super) fn unwritten(&self, totals: &Totals) -> Vec<Minute> {
        let running = Minute { number: self.running, totals: totals.since(&self.base) };
        self.over.iter().copied().chain([running]).collect()
    }

    /// A minute was written; it is forgotten when it is over.
    pub(super) fn written(&mut self, number: i64) {
        self.over.retain(|minute| minute.number != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(minutes: &[Minute]) -> Vec<(i64, u64)> {
        minutes.iter().map(|minute| (minute.number, minute.totals.buckets.total())).collect()
    }

    fn record(traffic: &Traffic, times: u64) -> Totals {
        for _ in 0..times {
            traffic.record(StatusCode::OK, Duration::from_millis(2));
        }
        traffic.look()
    }

    #[test]
    fn a_request_belongs_to_one_minute() {
        let (traffic, mut minutes) = (Traffic::default(), Minutes::new(10));
        let totals = record(&traffic, 3);
        assert_eq!(requests(&minutes.unwritten(&totals)), [(10, 3)]);
        // Nothing happened in between, and Postgres was away.
        minutes.advance(12, &totals);
        let totals = record(&traffic, 2);
        assert_eq!(requests(&minutes.unwritten(&totals)), [(10, 3), (12, 2)]);
        // The clock was set back.
        minutes.advance(11, &totals);
        minutes.written(10);
        minutes.written(12);
        let totals = record(&traffic, 1);
        assert_eq!(requests(&minutes.unwritten(&totals)), [(12, 3)]);
    }

    #[test]
    fn of_too_many_minutes_the_newest_are_kept() {
        let (traffic, mut minutes) = (Traffic::default(), Minutes::new(0));
        for minute in 1..=500 {
            minutes.advance(minute, &record(&traffic, 1));
        }
        let kept = minutes.unwritten(&traffic.look());
        assert_eq!(kept.len(), MAX_UNWRITTEN + 1);
        assert_eq!(requests(&kept).last(), Some(&(500, 0)));
    }

    #[test]
    fn only_faults_of_ours_count_as_failed() {
        let traffic = Traffic::default();
        for status in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE] {
            traffic.record(status, Duration::from_millis(5));
        }
        let totals = traffic.look();
        assert_eq!((totals.failed, totals.micros, totals.buckets.total()), (1, 15_000, 3));
    }
}
