//! What became of the requests, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Longest latency that is told apart, in microseconds; longer ones count as this.
const MAX_MICROS: u64 = 120_000_000;

/// Durations with three significant digits, from a microsecond to two minutes.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, MAX_MICROS, 3);
        Self(histogram.expect("the bounds are constant and valid"))
    }
}

impl Latencies {
    /// Adds one duration.
    pub fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// The duration that this share (0 to 1) of all stay within.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(share))
    }

    /// The longest.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No connection could be made.
    Connect,
    /// The connection broke.
    Broken,
    /// The answer did not come in time.
    Timeout,
    /// The answer was not what the interface promises.
    Unreadable,
}

impl Failure {
    /// A word for people.
    #[must_use]
    pub fn as_label(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Broken => "connection broken",
            Self::Timeout => "timeout",
            Self::Unreadable => "unreadable answer",
        }
    }
}

/// An answer of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Events that the service took.
    pub accepted: u64,
}

/// One second of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Second {
    /// Seconds since the start.
    pub at: u64,
    /// Requests sent in it.
    pub sent: u64,
    /// Requests answered in it.
    pub answered: u64,
    /// Events accepted in it.
    pub accepted: u64,
    /// Requests in it that failed or were answered with an error.
    pub failed: u64,
    /// Half of the answers took at most this long.
    pub p50: Duration,
    /// 99 of 100 answers took at most this long.
    pub p99: Duration,
}

/// What became of all requests of a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Requests sent.
    pub requests: u64,
    /// Events in them.
    pub events: u64,
    /// Events that the service took.
    pub accepted: u64,
    /// Events in requests without an answer: the service may have taken them or not.
    pub unanswered: u64,
    /// Answers by HTTP status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub failures: BTreeMap<Failure, u64>,
    /// From the moment a request was due to its answer.
    pub latencies: Latencies,
    /// From the moment a request was due to its sending, where a connection was free: the
    /// generator's own fault.
    pub lag: Latencies,
    /// Requests that were sent late because every connection was busy.
    pub crowded: u64,
    /// Each second of the run.
    pub seconds: Vec<Second>,
    current: Second,
    recent: Latencies,
}

/// Later than this is late: shorter delays are those of the pacing thread.
const LATE: Duration = Duration::from_millis(2);

impl Tally {
    /// Counts a request that is being sent, so long after it was due.
    pub(crate) fn sent(&mut self, events: u64, delay: Duration, awaited: bool) {
        self.requests += 1;
        self.events += events;
        self.current.sent += 1;
        if awaited {
            self.lag.record(delay);
        } else if delay > LATE {
            self.crowded += 1;
        }
    }

    /// Counts what became of a request, so long after it was due.
    pub(crate) fn done(&mut self, events: u64, took: Duration, outcome: Result<Answer, Failure>) {
        match outcome {
            Ok(answer) => {
                *self.statuses.entry(answer.status).or_default() += 1;
                self.accepted += answer.accepted;
                self.current.accepted += answer.accepted;
                self.current.answered += 1;
                self.current.failed += u64::from(answer.accepted < events);
                self.latencies.record(took);
                self.recent.record(took);
            }
            Err(failure) => {
                *self.failures.entry(failure).or_default() += 1;
                self.unanswered += events;
                self.current.failed += 1;
            }
        }
    }

    /// Ends a second and tells what happened in it.
    pub(crate) fn end_second(&mut self) -> Second {
        let second = Second {
            p50: self.recent.quantile(0.5),
            p99: self.recent.quantile(0.99),
            ..self.current
        };
        self.seconds.push(second);
        self.recent.reset();
        self.current = Second { at: second.at + 1, ..Second::default() };
        second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut latencies = Latencies::default();
        (1..=1_000).for_each(|ms| latencies.record(ms * MS));
        let within = |found: Duration, expected: Duration| {
            assert!(found.abs_diff(expected) <= expected / 500, "{found:?} {expected:?}");
        };
        within(latencies.quantile(0.5), 500 * MS);
        within(latencies.quantile(0.99), 990 * MS);
        within(latencies.max(), 1_000 * MS);
        latencies.record(Duration::MAX);
        assert_eq!(latencies.count(), 1_001);
    }

    #[test]
    fn every_request_is_counted_once() {
        let mut tally = Tally::default();
        for (outcome, events) in [
            (Ok(Answer { status: 201, accepted: 1 }), 1),
            (Ok(Answer { status: 503, accepted: 0 }), 1),
            (Err(Failure::Timeout), 10),
        ] {
            tally.sent(events, MS, true);
            tally.done(events, MS, outcome);
        }
        assert_eq!((tally.requests, tally.events), (3, 12));
        assert_eq!((tally.accepted, tally.unanswered), (1, 10));
        assert_eq!(tally.statuses, [(201, 1), (503, 1)].into());
        let second = tally.end_second();
        assert_eq!((second.sent, second.answered, second.failed), (3, 2, 2));
        assert_eq!(tally.end_second(), Second { at: 1, ..Second::default() });
    }

    #[test]
    fn lateness_is_blamed_on_whom_it_belongs_to() {
        let mut tally = Tally::default();
        tally.sent(1, 50 * MS, true);
        tally.sent(1, 50 * MS, false);
        tally.sent(1, MS, false);
        assert_eq!((tally.lag.count(), tally.crowded), (1, 1));
    }
}
