//! When each request is due. Nothing that the service does can move it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How often requests are released. Tokio's timers count whole milliseconds, which would add up to
/// two of them to every latency; the pacing thread sleeps more finely than that.
const TICK: Duration = Duration::from_micros(500);

const NANOS: u128 = 1_000_000_000;

/// A fixed number of requests at a fixed rate.
#[derive(Debug)]
pub(crate) struct Schedule {
    begin: Instant,
    /// Requests in `per`.
    requests: u128,
    per: Duration,
    total: u64,
    /// One permit for each request that is due and not yet taken.
    released: Semaphore,
    taken: AtomicU64,
}

/// A request that is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// Counted from zero.
    pub(crate) number: u64,
    /// When it was due.
    pub(crate) at: Instant,
    /// Whether somebody was waiting for it. Nobody was when every connection was busy.
    pub(crate) awaited: bool,
}

impl Schedule {
    /// `requests` for each `per`, beginning now, `total` in all.
    pub(crate) fn new(requests: u64, per: Duration, total: u64) -> Self {
        Self {
            begin: Instant::now(),
            requests: u128::from(requests.max(1)),
            per,
            total,
            released: Semaphore::new(0),
            taken: AtomicU64::new(0),
        }
    }

    /// When a request is due.
    pub(crate) fn due(&self, number: u64) -> Instant {
        let nanos = u128::from(number) * self.per.as_nanos() / self.requests;
        let seconds = u64::try_from(nanos / NANOS).unwrap_or(u64::MAX);
        // A remainder of a billion fits.
        self.begin + Duration::new(seconds, (nanos % NANOS) as u32)
    }

    /// Waits for the next request; `None` after the last one.
    pub(crate) async fn next(&self) -> Option<Due> {
        let awaited = match self.released.try_acquire() {
            Ok(permit) => {
                permit.forget();
                false
            }
            Err(_none_due) => {
                self.released.acquire().await.ok()?.forget();
                true
            }
        };
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        (number < self.total).then(|| Due { number, at: self.due(number), awaited })
    }

    /// Releases every request when it is due. Runs on a thread of its own until all are released,
    /// then lets each of `takers` find out that it was the last.
    pub(crate) fn pace(&self, takers: usize) {
        let mut released = 0;
        while released < self.total {
            let due = self.due_by(Instant::now()).min(self.total);
            // More than a semaphore holds is never due within a tick.
            self.released.add_permits(usize::try_from(due - released).unwrap_or(0));
            released = due;
            std::thread::sleep(TICK);
        }
        self.released.add_permits(takers);
    }

    /// How many requests are due by a time.
    fn due_by(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.begin).as_nanos();
        let due = passed * self.requests / self.per.as_nanos().max(1);
        u64::try_from(due).unwrap_or(u64::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spread() {
        let schedule = Schedule::new(4, Duration::from_secs(1), 100);
        let offset = |number| schedule.due(number) - schedule.begin;
        assert_eq!(offset(0), Duration::ZERO);
        assert_eq!(offset(1), Duration::from_millis(250));
        assert_eq!(offset(4_000_000_001), Duration::from_millis(1_000_000_000_250));
    }

    #[test]
    fn what_is_due_agrees_with_when_it_is_due() {
        let schedule = Schedule::new(3, Duration::from_secs(1), 100);
        for number in 0..100 {
            assert!(schedule.due_by(schedule.due(number) + Duration::from_nanos(1)) > number);
        }
        assert_eq!(schedule.due_by(schedule.begin), 1);
    }

    #[tokio::test]
    async fn every_request_is_taken_once() {
        let schedule = Schedule::new(1_000_000, Duration::from_secs(1), 3);
        schedule.pace(2);
        for number in 0..3 {
            assert_eq!(schedule.next().await.unwrap().number, number);
        }
        assert!(schedule.next().await.is_none());
        assert!(schedule.next().await.is_none());
    }
}
