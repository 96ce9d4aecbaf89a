//! A clock that costs one load to read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds since its start, as of the sweeper's last round.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    now: AtomicU64,
}

impl Clock {
    /// Starts at 1, so that 0 can mean "never".
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            now: AtomicU64::new(1),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self) -> u64 {
        let now = millis(self.start.elapsed()).saturating_add(1);
        self.now.store(now, Ordering::Relaxed);
        now
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
