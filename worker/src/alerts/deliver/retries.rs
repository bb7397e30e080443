//! Whether and when there is another attempt.

use std::time::Duration;

/// No wait is longer: whoever mends a mail server sees it work within minutes.
const LONGEST: Duration = Duration::from_secs(600);

/// Attempts beyond the last one that dead processes may leave without an answer. They are made again,
/// because nobody knows what became of them, but not for ever.
const CUT_OFF: u32 = 5;

/// How often and how soon a failed delivery is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// `NOTIFY_ATTEMPTS`: attempts in all.
    pub attempts: u32,
    /// `NOTIFY_RETRY_SECONDS`: the longest wait after the first; it doubles with each.
    pub first: Duration,
}

impl Retries {
    /// After so many failed attempts, the time within which the next one comes; none when that was the
    /// last. When within it is left to chance, so that what failed together does not come together.
    pub(super) fn after(self, attempts: u32) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let doublings = attempts.saturating_sub(1).min(31);
        Some(self.first.saturating_mul(1 << doublings).min(LONGEST))
    }

    /// Whether an attempt with this number is made although one before it should have been the last.
    pub(super) fn allows(self, attempt: u32) -> bool {
        attempt <= self.attempts.saturating_add(CUT_OFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attempts: u32, expected: Option<u64>) {
        let retries = Retries { attempts: 12, first: Duration::from_secs(5) };
        assert_eq!(retries.after(attempts), expected.map(Duration::from_secs), "{attempts}");
    }

    #[test]
    fn waits_double_up_to_a_bound_and_end() {
        for (attempts, seconds) in [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (11, 600)] {
            check(attempts, Some(seconds));
        }
        check(12, None);
        check(13, None);
        check(u32::MAX, None);
    }

    #[test]
    fn the_bounds_of_the_settings_do_not_overflow() {
        let retries = Retries { attempts: u32::MAX, first: Duration::from_secs(3_600) };
        assert_eq!(retries.after(u32::MAX - 1), Some(LONGEST));
        assert!(retries.allows(u32::MAX));
    }

    #[test]
    fn what_was_cut_off_is_made_again_a_few_times() {
        let once = Retries { attempts: 1, first: Duration::from_secs(5) };
        assert!(once.allows(1) && once.allows(6) && !once.allows(7));
    }
}
