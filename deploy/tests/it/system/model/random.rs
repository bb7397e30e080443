//! Chance that can be had again: numbers that follow from a seed.

use uuid::Uuid;

/// The variable that gives the seed of a run.
pub(super) const SEED: &str = "MODEL_SEED";

/// `SplitMix64`: small, and good enough to mix things up.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// From the seed that is given, or another one each time. A failure shows it.
    #[expect(clippy::print_stdout, reason = "what a test prints is shown when it fails")]
    pub(super) fn from_environment() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
        let given = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        println!("run it again with {SEED}={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Numbers of their own for something that happens meanwhile.
    pub(super) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Whether something happens that happens so many times in a hundred.
    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of several.
    pub(super) fn of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(
            (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes(),
        )
        .into_uuid()
    }
}
