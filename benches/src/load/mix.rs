//! Which error each event belongs to.

/// How often each error occurs.
#[derive(Debug, Clone)]
pub enum Mix {
    /// All equally often.
    Uniform {
        /// How many errors there are.
        errors: u64,
    },
    /// A few very often and most rarely, as in real installations.
    Zipf {
        /// For each error, the share of events that belong to it or to one before it.
        cumulative: Vec<f64>,
    },
}

/// The number of errors that a Zipf mix may have: its table holds eight bytes for each.
pub const MAX_ZIPF_ERRORS: u64 = 10_000_000;

impl Mix {
    /// All errors equally often.
    #[must_use]
    pub fn uniform(errors: u64) -> Self {
        Self::Uniform { errors: errors.max(1) }
    }

    /// The error of rank `r` occurs in proportion to `1 / r^exponent`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^52")]
    pub fn zipf(errors: u64, exponent: f64) -> Self {
        let mut total = 0.0;
        let mut cumulative: Vec<f64> = (1..=errors.clamp(1, MAX_ZIPF_ERRORS))
            .map(|rank| {
                total += (rank as f64).powf(-exponent);
                total
            })
            .collect();
        cumulative.iter_mut().for_each(|sum| *sum /= total);
        Self::Zipf { cumulative }
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> u64 {
        match self {
            Self::Uniform { errors } => *errors,
            Self::Zipf { cumulative } => cumulative.len() as u64,
        }
    }

    /// The error that a random number stands for, below [`Self::errors`].
    #[must_use]
    pub fn pick(&self, random: u64) -> u64 {
        match self {
            Self::Uniform { errors } => random % errors,
            Self::Zipf { cumulative } => {
                let share = unit(random);
                let rank = cumulative.partition_point(|&sum| sum < share);
                rank.min(cumulative.len() - 1) as u64
            }
        }
    }
}

/// The random number as one from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a float exactly")]
pub(crate) fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// A random number that is a function of its seed alone (the finaliser of SplitMix64), so that a run
/// can be repeated and any event of it made again.
#[must_use]
pub fn scatter(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(mix: &Mix) -> Vec<u32> {
        let mut counts = vec![0; usize::try_from(mix.errors()).unwrap()];
        for seed in 0..100_000 {
            counts[usize::try_from(mix.pick(scatter(seed))).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn uniform_errors_occur_equally_often() {
        assert!(counts(&Mix::uniform(10)).iter().all(|count| (9_500..10_500).contains(count)));
    }

    #[test]
    fn zipf_errors_occur_by_rank() {
        let counts = counts(&Mix::zipf(100, 1.0));
        // The harmonic number of 100 is 5.187.
        assert!((18_500..20_100).contains(&counts[0]), "{counts:?}");
        assert!((9_200..10_100).contains(&counts[1]), "{counts:?}");
        assert!(counts[99] > 100);
    }

    #[test]
    fn there_is_always_an_error() {
        assert_eq!(Mix::uniform(0).pick(u64::MAX), 0);
        assert_eq!(Mix::zipf(0, 1.0).pick(u64::MAX), 0);
    }
}
