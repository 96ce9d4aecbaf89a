//! Counters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::queue::Depth;

/// What there is and what happened since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events that are accepted and not finished now: those that wait and those that run.
    pub queued: usize,
    /// How many of them run now.
    pub running: usize,
    /// The bytes of all of them.
    pub bytes: u64,
    /// The age of the oldest; zero if there is none.
    pub oldest: Duration,
    /// Events of callers that were accepted.
    pub accepted: u64,
    /// Events of callers that were refused: the queue was full or closed.
    pub refused: u64,
    /// Events that were run with success.
    pub succeeded: u64,
    /// Runs that failed, for which there will be another one.
    pub retried: u64,
    /// Events that were given up, whether somebody got their record or not.
    pub dropped: u64,
    /// Records that their destination took.
    pub delivered: u64,
    /// Records that their destination did not take: they are in the log only.
    pub delivery_failures: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) accepted: Counter,
    pub(super) refused: Counter,
    pub(super) succeeded: Counter,
    pub(super) retried: Counter,
    pub(super) dropped: Counter,
    pub(super) delivered: Counter,
    pub(super) delivery_failures: Counter,
}

impl Counters {
    pub(super) fn stats(&self, depth: Depth) -> Stats {
        Stats {
            queued: depth.events,
            running: depth.leased,
            bytes: depth.bytes,
            oldest: depth.oldest,
            accepted: self.accepted.get(),
            refused: self.refused.get(),
            succeeded: self.succeeded.get(),
            retried: self.retried.get(),
            dropped: self.dropped.get(),
            delivered: self.delivered.get(),
            delivery_failures: self.delivery_failures.get(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
