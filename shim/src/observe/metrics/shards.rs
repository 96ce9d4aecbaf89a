//! Where threads count without meeting each other.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::function::Totals;

/// The upper ends of the histogram's buckets, and their names. Names have a decimal point in every
/// format, so that a series has the same labels whichever the scraper asks for.
pub(super) const BUCKETS: [(Duration, &str); 18] = [
    (Duration::from_micros(500), "0.0005"),
    (Duration::from_millis(1), "0.001"),
    (Duration::from_micros(2500), "0.0025"),
    (Duration::from_millis(5), "0.005"),
    (Duration::from_millis(10), "0.01"),
    (Duration::from_millis(25), "0.025"),
    (Duration::from_millis(50), "0.05"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(250), "0.25"),
    (Duration::from_millis(500), "0.5"),
    (Duration::from_secs(1), "1.0"),
    (Duration::from_millis(2500), "2.5"),
    (Duration::from_secs(5), "5.0"),
    (Duration::from_secs(10), "10.0"),
    (Duration::from_secs(30), "30.0"),
    (Duration::from_secs(60), "60.0"),
    (Duration::from_secs(300), "300.0"),
    (Duration::from_secs(900), "900.0"),
];

/// The buckets with the one for what is longer.
pub(super) const ALL_BUCKETS: usize = BUCKETS.len() + 1;

/// What some of the threads count. Far enough from the next one that two cores do not fight for the
/// same line of the cache.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Shard {
    pub(super) begun: AtomicU64,
    pub(super) ended: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) cold: AtomicU64,
    pub(super) throttled: AtomicU64,
    /// All durations together; wraps around after 584 years.
    nanos: AtomicU64,
    /// How many durations fell into each bucket, not counting those in the buckets before it.
    buckets: [AtomicU64; ALL_BUCKETS],
}

/// A thread's way to a [`Shard`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Mine<'a> {
    pub(super) shard: &'a Shard,
    /// No other thread counts there: nothing has to be locked.
    alone: bool,
}

impl Mine<'_> {
    /// One more.
    pub(super) fn add(self, counter: &AtomicU64) {
        self.add_many(counter, 1);
    }

    /// Counts a duration.
    pub(super) fn took(self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.add_many(&self.shard.nanos, nanos);
        let within = |(end, _): &(Duration, &str)| duration <= *end;
        // Most often it is one of the first.
        let bucket = BUCKETS.iter().position(within).unwrap_or(BUCKETS.len());
        self.add(&self.shard.buckets[bucket]);
    }

    fn add_many(self, counter: &AtomicU64, more: u64) {
        if self.alone {
            let count = counter.load(Ordering::Relaxed);
            counter.store(count.wrapping_add(more), Ordering::Relaxed);
        } else {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }
}

/// One [`Shard`] for each of the first threads that count; all others share the last one.
#[derive(Debug)]
pub(super) struct Shards(Box<[Shard]>);

impl Shards {
    /// The calling thread's shard.
    pub(super) fn mine(&self) -> Mine<'_> {
        let (thread, last) = (thread(), self.0.len() - 1);
        Mine {
            shard: &self.0[thread.min(last)],
            alone: thread < last,
        }
    }

    /// What all shards come to.
    pub(super) fn totals(&self) -> Totals {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let sum = |part: fn(&Shard) -> &AtomicU64| {
            let parts = self.0.iter().map(|shard| load(part(shard)));
            parts.fold(0, u64::wrapping_add)
        };
        let mut totals = Totals {
            failed: sum(|shard| &shard.failed),
            cold: sum(|shard| &shard.cold),
            throttled: sum(|shard| &shard.throttled),
            ..Totals::default()
        };
        for shard in &self.0 {
            let buckets = totals.durations.buckets.iter_mut().zip(&shard.buckets);
            buckets.for_each(|(total, part)| *total += load(part));
        }
        totals.durations.nanos = sum(|shard| &shard.nanos);
        // What ends meanwhile must not have ended before it began.
        let ended = sum(|shard| &shard.ended);
        totals.begun = sum(|shard| &shard.begun);
        totals.running = totals.begun.saturating_sub(ended);
        totals
    }
}

impl Default for Shards {
    /// Four for each core, as many as there are workers, but no more than 64; and the shared one.
    fn default() -> Self {
        static COUNT: LazyLock<usize> = LazyLock::new(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (4 * cores).min(64) + 1
        });
        Self((0..*COUNT).map(|_| Shard::default()).collect())
    }
}

/// The calling thread's number: threads get one in turn, when they count for the first time.
fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    MINE.get().unwrap_or_else(|| {
        let mine = NEXT.fetch_add(1, Ordering::Relaxed);
        MINE.set(Some(mine));
        mine
    })
}
