//! Remembers that Redis failed, so that not every request waits for its timeout.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How long nobody asks after a failure; then one request tries for all.
const PAUSE: Duration = Duration::from_secs(2);

/// Open after a failure, closed after a success.
#[derive(Debug)]
pub(super) struct Breaker {
    started: Instant,
    /// Milliseconds since `started` until which it is open; 0: closed.
    open_until: AtomicU64,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), open_until: AtomicU64::new(0) }
    }

    /// Whether to ask now. When the pause is over, exactly one caller is told to try.
    pub(super) fn allows(&self) -> bool {
        let until = self.open_until.load(Ordering::Relaxed);
        if until == 0 {
            return true;
        }
        let now = self.now();
        now >= until
            && self
                .open_until
                .compare_exchange(until, now + pause(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// What came of asking.
    pub(super) fn report(&self, answered: bool) {
        let until = if answered { 0 } else { self.now() + pause() };
        self.open_until.store(until, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

fn pause() -> u64 {
    u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_one_caller_tries_for_all() {
        let breaker = Breaker::new();
        assert!(breaker.allows());
        breaker.report(false);
        assert!(!breaker.allows());
        tokio::time::advance(PAUSE).await;
        assert!(breaker.allows(), "the pause is over");
        assert!(!breaker.allows(), "only one tries");
        breaker.report(true);
        assert!(breaker.allows() && breaker.allows());
    }
}
