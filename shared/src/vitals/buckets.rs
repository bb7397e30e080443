//! How long many things took: counts by duration, fine enough for quantiles and cheap to keep.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds; what took longer stands in one more bucket. Stored rows rely on them:
/// they may be extended at the end and never changed.
const BOUNDS: [u64; 29] = [
    250,
    500,
    1_000,
    1_500,
    2_500,
    4_000,
    6_000,
    10_000,
    15_000,
    25_000,
    40_000,
    60_000,
    100_000,
    150_000,
    250_000,
    400_000,
    600_000,
    1_000_000,
    1_500_000,
    2_500_000,
    4_000_000,
    6_000_000,
    10_000_000,
    15_000_000,
    25_000_000,
    40_000_000,
    60_000_000,
    150_000_000,
    600_000_000,
];

const COUNT: usize = BOUNDS.len() + 1;

/// Counts by duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buckets([u64; COUNT]);

impl Buckets {
    /// Counts as they were stored. What is missing counts as none, and what a later version added as
    /// the longest that is known here.
    pub fn from_stored(stored: &[i64]) -> Self {
        let mut counts = [0_u64; COUNT];
        for (index, count) in stored.iter().enumerate() {
            let known = &mut counts[index.min(COUNT - 1)];
            *known = known.saturating_add(u64::try_from(*count).unwrap_or_default());
        }
        Self(counts)
    }

    /// Counts as they are stored.
    pub fn to_stored(self) -> Vec<i64> {
        self.0.iter().map(|count| i64::try_from(*count).unwrap_or(i64::MAX)).collect()
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// What has been counted since an earlier look at the same counts.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.0;
        for (count, before) in counts.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(before);
        }
        Self(counts)
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many took at most so long; exact where the duration is one of the bounds.
    pub fn within(&self, duration: Duration) -> u64 {
        let micros = micros(duration);
        let counts = BOUNDS.iter().zip(self.0).filter(|(bound, _)| **bound <= micros);
        counts.fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The time in milliseconds that a share of all (0 to 1) did not exceed, interpolated within its
    /// bucket. None when nothing was counted.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = share.clamp(0.0, 1.0) * total as f64;
        let mut below = 0.0;
        let mut lower = 0;
        for (index, count) in self.0.iter().enumerate() {
            let upper = BOUNDS.get(index).copied().unwrap_or(lower);
            let count = *count as f64;
            if count > 0.0 && below + count >= rank {
                let inside = ((rank - below) / count).clamp(0.0, 1.0);
                return Some((lower as f64 + inside * (upper - lower) as f64) / 1_000.0);
            }
            below += count;
            lower = upper;
        }
        Some(lower as f64 / 1_000.0)
    }
}

/// Counts that many threads add to at once. They only grow.
#[derive(Debug, Default)]
pub(super) struct LiveBuckets([AtomicU64; COUNT]);

impl LiveBuckets {
    /// Counts so many that took so long.
    pub(super) fn record(&self, duration: Duration, times: u64) {
        let micros = micros(duration);
        let index = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(count) = self.0.get(index) {
            count.fetch_add(times, Ordering::Relaxed);
        }
    }

    /// The counts now.
    pub(super) fn look(&self) -> Buckets {
        let mut counts = [0; COUNT];
        for (count, live) in counts.iter_mut().zip(&self.0) {
            *count = live.load(Ordering::Relaxed);
        }
        Buckets(counts)
    }
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(millis: &[u64]) -> Buckets {
        let live = LiveBuckets::default();
        for millis in millis {
            live.record(Duration::from_millis(*millis), 1);
        }
        live.look()
    }

    fn check_quantile(millis: &[u64], share: f64, expected: Option<f64>) {
        assert_eq!(of(millis).quantile_ms(share), expected, "{millis:?} {share}");
    }

    #[test]
    fn quantiles_lie_in_the_bucket_of_their_rank() {
        check_quantile(&[], 0.5, None);
        check_quantile(&[100], 1.0, Some(100.0));
        check_quantile(&[100], 0.5, Some(80.0));
        check_quantile(&[1, 1, 1, 1_000], 0.75, Some(1.0));
        check_quantile(&[1, 1, 1, 1_000], 1.0, Some(1_000.0));
        // Longer than anything that is told apart.
        check_quantile(&[3_600_000], 0.5, Some(600_000.0));
    }

    #[test]
    fn a_bound_belongs_to_what_it_bounds() {
        let buckets = of(&[100, 101, 400, 401]);
        assert_eq!(buckets.within(Duration::from_millis(100)), 1);
        assert_eq!(buckets.within(Duration::from_millis(400)), 3);
    }

    #[test]
    fn what_another_version_stored_is_read() {
        assert_eq!(Buckets::from_stored(&[1, 2]).total(), 3);
        assert_eq!(Buckets::from_stored(&[1; COUNT + 5]).total(), COUNT as u64 + 5);
        assert_eq!(Buckets::from_stored(&[-1]).total(), 0);
    }

    proptest! {
        #[test]
        fn quantiles_grow_and_stored_counts_read_back(millis in prop::collection::vec(0_u64..1 << 40, 1..50)) {
            let buckets = of(&millis);
            prop_assert_eq!(Buckets::from_stored(&buckets.to_stored()), buckets);
            let quantiles: Vec<f64> =
                (0..=10).map(|tenth| buckets.quantile_ms(f64::from(tenth) / 10.0).unwrap()).collect();
            prop_assert!(quantiles.is_sorted(), "{quantiles:?}");
        }
    }
}
