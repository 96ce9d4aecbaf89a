//! What is counted of one function in one version.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::shards::{ALL_BUCKETS, Shards};

/// Counts what happens to a function; from [`Metrics::function`](super::Metrics::function).
///
/// Every method can be called from any thread and never waits. What happens at each invocation is
/// counted in shards: most threads have one of their own and lock nothing, all others share one.
#[derive(Debug, Default)]
pub struct FunctionMetrics {
    shards: Shards,
    async_received: AtomicU64,
    async_dropped: AtomicU64,
    destination_failures: AtomicU64,
}

impl FunctionMetrics {
    /// An invocation begins to run: it is counted, and counts as running until the guard is
    /// dropped. Call it when it has its place, not while it is queued, and once for each.
    pub fn begin(self: &Arc<Self>) -> Running<'_> {
        let mine = self.shards.mine();
        mine.add(&mine.shard.begun);
        Running(self)
    }

    /// An invocation was refused with 429. It never [began](Self::begin).
    pub fn throttled(&self) {
        let mine = self.shards.mine();
        mine.add(&mine.shard.throttled);
    }

    /// An invocation came to its end after `duration`: with a function error, if it `failed`. Not
    /// called for one whose caller left, for there is no result.
    pub fn finished(&self, duration: Duration, cold_start: bool, failed: bool) {
        let mine = self.shards.mine();
        mine.took(duration);
        if cold_start {
            mine.add(&mine.shard.cold);
        }
        if failed {
            mine.add(&mine.shard.failed);
        }
    }

    /// An invocation that [ended](Self::finished) well failed after all: its answer cannot be given.
    pub fn failed_late(&self) {
        let mine = self.shards.mine();
        mine.add(&mine.shard.failed);
    }

    /// An event was accepted for asynchronous invocation.
    pub fn async_received(&self) {
        self.async_received.fetch_add(1, Ordering::Relaxed);
    }

    /// An accepted event was given up: it is too old, all its attempts failed, or the queue had no
    /// room for it.
    pub fn async_dropped(&self) {
        self.async_dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// A record could not be delivered to a destination or dead-letter queue.
    pub fn destination_failed(&self) {
        self.destination_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted up to now.
    pub(super) fn totals(&self) -> Totals {
        Totals {
            async_received: self.async_received.load(Ordering::Relaxed),
            async_dropped: self.async_dropped.load(Ordering::Relaxed),
            destination_failures: self.destination_failures.load(Ordering::Relaxed),
            ..self.shards.totals()
        }
    }

    fn end(&self) {
        let mine = self.shards.mine();
        mine.add(&mine.shard.ended);
    }
}

/// An invocation that runs; ends when dropped, on whatever thread.
#[must_use = "the invocation counts as running until the guard is dropped"]
#[derive(Debug)]
pub struct Running<'a>(&'a Arc<FunctionMetrics>);

impl Running<'_> {
    /// The same invocation, for whom it outlives the borrow: a response that is still streamed.
    pub fn into_owned(self) -> RunningOwned {
        let owned = RunningOwned(Arc::clone(self.0));
        mem::forget(self);
        owned
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A [`Running`] that borrows nothing.
#[must_use = "the invocation counts as running until the guard is dropped"]
#[derive(Debug)]
pub struct RunningOwned(Arc<FunctionMetrics>);

impl Drop for RunningOwned {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) begun: u64,
    pub(super) running: u64,
    pub(super) failed: u64,
    pub(super) cold: u64,
    pub(super) throttled: u64,
    pub(super) async_received: u64,
    pub(super) async_dropped: u64,
    pub(super) destination_failures: u64,
    pub(super) durations: Durations,
}

/// What a histogram shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Durations {
    /// How many there are in each bucket alone.
    pub(super) buckets: [u64; ALL_BUCKETS],
    /// All of them together.
    pub(super) nanos: u64,
}
