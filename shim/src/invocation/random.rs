//! Random bits that cost next to nothing.

use std::cell::Cell;

/// The steps of the two halves: odd, so that each half takes all its values before one comes again.
const STEPS: (u64, u64) = (0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03);

thread_local! {
    /// Where this thread stands; it begins at a place that the system chose.
    static PLACE: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// 128 bits that no thread of any process gets twice, but by a chance that is as good as none: each
/// thread counts from a random place on, and every count is mixed in a way that can be undone.
///
/// They can be guessed by whoever has seen some of them: for names, not for secrets.
pub(super) fn bits() -> (u64, u64) {
    let (high, low) = PLACE.get().unwrap_or_else(begin);
    PLACE.set(Some((
        high.wrapping_add(STEPS.0),
        low.wrapping_add(STEPS.1),
    )));
    (mix(high), mix(low))
}

#[cold]
fn begin() -> (u64, u64) {
    // Six of its bits are fixed, which is no loss that could be noticed.
    uuid::Uuid::new_v4().as_u64_pair()
}

/// The last step of SplitMix64: every bit that goes in changes half of those that come out.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::bits;

    #[test]
    fn nothing_comes_twice_on_one_thread_or_on_several() {
        let draw = || (0..10_000).map(|_| bits()).collect::<Vec<_>>();
        let drawn = [thread::spawn(draw), thread::spawn(draw)].map(|one| one.join().unwrap());
        let all: HashSet<_> = drawn.iter().flatten().collect();
        assert_eq!(all.len(), 20_000);
    }

    #[test]
    fn each_bit_is_set_half_of_the_time() {
        const DRAWS: u32 = 40_000;
        let mut set = [0_u32; 128];
        for _ in 0..DRAWS {
            let (high, low) = bits();
            let all = u128::from(high) << 64 | u128::from(low);
            for (bit, set) in set.iter_mut().enumerate() {
                *set += u32::from(all >> bit & 1 == 1);
            }
        }
        // Ten standard deviations.
        assert!(set.iter().all(|set| set.abs_diff(DRAWS / 2) < 1_000));
    }
}
