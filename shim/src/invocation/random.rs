//! Random bits that cost next to nothing.

use std::cell::Cell;

/// What a thread counts on by.
const STEP: u64 = 0xa076_1d64_78bd_642f;

/// One half of the bits: a count, and what it is multiplied with in part.
#[derive(Clone, Copy)]
struct Half {
    count: u64,
    key: u64,
}

thread_local! {
    /// Where this thread stands; the system chooses where it begins.
    static PLACE: Cell<Option<[Half; 2]>> = const { Cell::new(None) };
}

/// 128 bits that are no other's but by chance, on any thread of any process: as in wyrand, each thread
/// counts from a random place on, and folds the product of each count and the count with a key.
///
/// For names, not for secrets. The key keeps whoever sees some of them from telling the next ones by
/// mere arithmetic, but nobody has proved that it cannot be found.
pub(super) fn bits() -> (u64, u64) {
    let mut halves = PLACE.get().unwrap_or_else(begin);
    let [high, low] = halves.each_mut().map(Half::next);
    PLACE.set(Some(halves));
    (high, low)
}

#[cold]
fn begin() -> [Half; 2] {
    [(); 2].map(|()| {
        // Six of the bits are fixed, which is no loss that could be noticed.
        let (count, key) = uuid::Uuid::new_v4().as_u64_pair();
        Half { count, key }
    })
}

impl Half {
    fn next(&mut self) -> u64 {
        self.count = self.count.wrapping_add(STEP);
        let product = u128::from(self.count) * u128::from(self.count ^ self.key);
        (product >> 64) as u64 ^ product as u64
    }
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
