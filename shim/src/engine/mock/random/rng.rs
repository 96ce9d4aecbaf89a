//! A small generator of random numbers (SplitMix64): repeatable, not for secrets.

/// The increment of the sequence, odd, from the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug)]
pub(super) struct Rng(u64);

impl Rng {
    /// The generator for the value with this number in the sequence of `seed`.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let mut start = Self(seed);
        let mixed = start.next();
        Self(mixed ^ number.wrapping_mul(STEP).rotate_left(32))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let scaled = (u128::from(self.next()) * end as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` if they are in the wrong order. Both lie
    /// within 2^64 of each other.
    pub(super) fn between(&mut self, low: i128, high: i128) -> i128 {
        let span = u128::try_from(high - low).unwrap_or(0) + 1;
        let scaled = u128::from(self.next()).wrapping_mul(span.min(1 << 64)) >> 64;
        low + i128::try_from(scaled).unwrap_or(0)
    }

    /// A number from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        const PRECISION: u64 = 1 << 53;
        (self.next() >> 11) as f64 / PRECISION as f64
    }

    /// Yes in three of four cases.
    pub(super) fn mostly(&mut self) -> bool {
        self.below(4) != 0
    }

    /// One of them.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }
}
