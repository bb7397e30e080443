//! The use of the last minute, second by second. No clock and no Redis here: times are arguments.

use std::fmt::Write as _;

/// Seconds that count.
const MINUTE: i64 = 60;

/// Use that nobody asked about for so long is forgotten.
const IDLE_AFTER: i64 = 120;

/// Counts of the last sixty seconds.
#[derive(Debug, Clone, Copy)]
struct Seconds {
    /// The latest second, since 1970.
    newest: i64,
    /// By the second modulo sixty.
    counts: [u32; MINUTE as usize],
    sum: u64,
}

impl Default for Seconds {
    fn default() -> Self {
        Self { newest: 0, counts: [0; MINUTE as usize], sum: 0 }
    }
}

impl Seconds {
    /// Forgets what is a minute old. A clock that was set back by less than a minute stands still until
    /// it has caught up; one that was set back further starts anew.
    fn advance(&mut self, now: i64) {
        let passed = now.saturating_sub(self.newest);
        if passed >= MINUTE || passed <= -MINUTE {
            *self = Self { newest: now, ..Self::default() };
            return;
        }
        for second in self.newest + 1..=now {
            let count = std::mem::take(&mut self.counts[place(second)]);
            self.sum -= u64::from(count);
        }
        self.newest = self.newest.max(now);
    }

    /// Adds to a second. One that is over counts no more; one ahead, by the clock of somebody else,
    /// counts as now.
    fn add(&mut self, second: i64, amount: u32) {
        if second <= self.newest - MINUTE {
            return;
        }
        let count = &mut self.counts[place(second.min(self.newest))];
        let before = *count;
        *count = before.saturating_add(amount);
        self.sum += u64::from(*count - before);
    }

    fn count(&self, second: i64) -> u32 {
        self.counts[place(second)]
    }

    /// The seconds that count, oldest first.
    fn seconds(&self) -> impl DoubleEndedIterator<Item = i64> + use<> {
        self.newest - MINUTE + 1..=self.newest
    }
}

fn place(second: i64) -> usize {
    // The remainder is below sixty and not negative.
    usize::try_from(second.rem_euclid(MINUTE)).unwrap_or_default()
}

/// The use of one limit.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// What this instance admitted.
    own: Seconds,
    /// What the other instances said they admitted.
    others: Seconds,
    last_asked: i64,
    /// Whether somebody asked since the counts were last shared.
    asked: bool,
}

impl Usage {
    /// Counts as much of `amount` as fits below the limit, and says how much that is.
    pub(super) fn admit(&mut self, limit: u32, amount: u32, now: i64) -> u32 {
        self.own.advance(now);
        self.others.advance(now);
        (self.asked, self.last_asked) = (true, now);
        let granted = amount.min(self.remaining(limit));
        if granted > 0 {
            self.own.add(self.own.newest, granted);
        }
        granted
    }

    /// What still fits.
    pub(super) fn remaining(&self, limit: u32) -> u32 {
        let left = u64::from(limit).saturating_sub(self.own.sum + self.others.sum);
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// When nothing of it counts any more, in seconds since 1970.
    pub(super) fn free_at(&self) -> i64 {
        let last = self.own.seconds().rev().find(|second| self.count(*second) > 0);
        last.map_or(self.own.newest, |second| second + MINUTE)
    }

    /// Seconds until something fits below the limit.
    pub(super) fn retry_after(&self, limit: u32) -> u32 {
        let mut used = self.own.sum + self.others.sum;
        if used < u64::from(limit) {
            return 0;
        }
        for (second, wait) in self.own.seconds().zip(1..) {
            used -= self.count(second);
            if used < u64::from(limit) {
                return wait;
            }
        }
        // Only under a limit of nothing at all.
        MINUTE as u32
    }

    fn count(&self, second: i64) -> u64 {
        u64::from(self.own.count(second)) + u64::from(self.others.count(second))
    }

    /// Whether it was used so long ago that it can be forgotten.
    pub(super) fn is_idle(&self, now: i64) -> bool {
        now.abs_diff(self.last_asked) > IDLE_AFTER.unsigned_abs()
    }

    /// Whether somebody asked since the last call.
    pub(super) fn take_asked(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    /// Has it shared again.
    pub(super) fn mark_asked(&mut self) {
        self.asked = true;
    }

    /// What this instance admitted, in a form that other instances read: the latest second, and the
    /// counts from there backwards.
    pub(super) fn own_text(&self) -> String {
        let mut text = self.own.newest.to_string();
        let mut left = self.own.sum;
        for second in self.own.seconds().rev() {
            if left == 0 {
                break;
            }
            let count = self.own.count(second);
            left -= u64::from(count);
            // Writing to a String can't fail.
            let _infallible = write!(text, " {count}");
        }
        text
    }

    /// Replaces what the other instances admitted by what they say now. Answers which of them have
    /// admitted nothing for so long that what they said can be removed.
    pub(super) fn set_others<'a>(
        &mut self,
        texts: impl Iterator<Item = (&'a str, &'a str)>,
        now: i64,
    ) -> Vec<&'a str> {
        self.own.advance(now);
        let mut others = Seconds { newest: self.own.newest, ..Seconds::default() };
        let mut silent = Vec::new();
        for (instance, text) in texts {
            let mut numbers = text.split(' ');
            let newest = numbers.next().and_then(|text| text.parse::<i64>().ok());
            let Some(newest) = newest.filter(|newest| newest.abs_diff(now) <= IDLE_AFTER as u64)
            else {
                silent.push(instance);
                continue;
            };
            for (count, ago) in numbers.zip(0..MINUTE) {
                others.add(newest - ago, count.parse().unwrap_or_default());
            }
        }
        self.others = others;
        silent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Uses of (second, amount), and then what is granted of how much at a second.
    fn check(uses: &[(i64, u32)], (now, amount): (i64, u32), granted: u32, retry_after: u32) {
        let mut usage = Usage::default();
        for (second, amount) in uses {
            usage.admit(10, *amount, *second);
        }
        assert_eq!(usage.admit(10, amount, now), granted, "{uses:?}");
        assert_eq!(usage.retry_after(10), retry_after, "{uses:?}");
    }

    #[test]
    fn what_is_used_counts_for_a_minute() {
        check(&[], (100, 10), 10, 60);
        check(&[(100, 4), (130, 6)], (159, 1), 0, 1);
        check(&[(100, 4), (130, 6)], (160, 5), 4, 30);
        check(&[(100, 4), (130, 6)], (1_000, 5), 5, 0);
        // What is refused counts nothing.
        check(&[(100, 10), (110, 10), (159, 10)], (160, 10), 10, 60);
    }

    #[test]
    fn a_clock_that_is_set_back_limits_nobody_for_longer_than_a_minute() {
        check(&[(1_000, 10)], (980, 1), 0, 60);
        check(&[(1_000, 10)], (900, 10), 10, 60);
    }

    #[test]
    fn the_limit_is_free_when_the_last_use_is_a_minute_old() {
        let mut usage = Usage::default();
        usage.admit(10, 0, 100);
        assert_eq!(usage.free_at(), 100);
        usage.admit(10, 2, 100);
        usage.admit(10, 1, 103);
        usage.admit(10, 0, 150);
        assert_eq!(usage.free_at(), 163);
    }

    #[test]
    fn a_lowered_limit_waits_until_enough_is_over() {
        let mut usage = Usage::default();
        usage.admit(10, 8, 100);
        usage.admit(10, 2, 110);
        assert_eq!(usage.admit(2, 1, 120), 0);
        assert_eq!((usage.remaining(3), usage.retry_after(3)), (0, 40));
        assert_eq!((usage.remaining(2), usage.retry_after(2)), (0, 50));
    }

    #[test]
    fn instances_read_what_others_admitted() {
        let (mut one, mut other) = (Usage::default(), Usage::default());
        one.admit(10, 3, 100);
        one.admit(10, 2, 105);
        assert_eq!(one.own_text(), "105 2 0 0 0 0 3");
        other.admit(10, 1, 106);
        let text = one.own_text();
        other.set_others([("a", text.as_str())].into_iter(), 106);
        assert_eq!(other.remaining(10), 4);
        assert_eq!(other.own_text(), "106 1", "only its own");
        assert_eq!(other.admit(10, 9, 160), 7, "the three of second 100 are over");
        // Said again, it counts once.
        other.set_others([("a", text.as_str())].into_iter(), 160);
        assert_eq!(other.remaining(10), 0);
    }

    #[test]
    fn what_makes_no_sense_counts_nothing_and_the_silent_are_named() {
        let mut usage = Usage::default();
        usage.admit(10, 1, 1_000);
        let said = [("a", ""), ("b", "x 5"), ("c", "800 9"), ("d", "1001 2"), ("e", "1000 x 3")];
        assert_eq!(usage.set_others(said.into_iter(), 1_000), ["a", "b", "c"]);
        assert_eq!(usage.remaining(10), 4);
    }

    proptest! {
        /// Against a list of everything that was granted.
        #[test]
        fn never_more_than_the_limit_in_sixty_seconds(
            asks in prop::collection::vec((0_i64..40, 0_u32..8), 1..80)
        ) {
            let (mut usage, mut granted, mut now) = (Usage::default(), Vec::new(), 1_000);
            for (pause, amount) in asks {
                now += pause;
                let last_minute = |granted: &[(i64, u32)]| -> u32 {
                    granted.iter().filter(|(at, _)| *at > now - MINUTE).map(|(_, n)| n).sum()
                };
                let expected = amount.min(10 - last_minute(&granted));
                prop_assert_eq!(usage.admit(10, amount, now), expected);
                granted.push((now, expected));
                prop_assert_eq!(usage.remaining(10), 10 - last_minute(&granted));
                // After exactly the stated wait something fits, and not a second earlier.
                let wait = i64::from(usage.retry_after(10));
                let left = |after: i64| -> u32 {
                    let from = now + after - MINUTE;
                    10 - granted.iter().filter(|(at, _)| *at > from).map(|(_, n)| n).sum::<u32>()
                };
                prop_assert!(left(wait) > 0);
                prop_assert!(wait == 0 || left(wait - 1) == 0);
            }
        }

        #[test]
        fn any_text_is_read(text in ".{0,80}") {
            let mut usage = Usage::default();
            usage.admit(10, 1, 1_000);
            usage.set_others([("a", text.as_str())].into_iter(), 1_000);
        }
    }
}
