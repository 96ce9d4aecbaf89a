//! Deadlines as handlers see them, on the clock of the wall.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

/// How long a reading of both clocks is good for: a clock that is set is noticed after this.
const GOOD_FOR: Duration = Duration::from_secs(1);

thread_local! {
    /// The same moment on both clocks, the second one since the Unix epoch.
    static READING: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// The time `limit` after `started`, in milliseconds since the Unix epoch, rounded up, and read so that
/// it is never too early: a handler that ends by itself when its deadline has passed must not be in
/// time. Reads a clock about once a second on each thread, not at each run.
pub(super) fn unix_ms(started: Instant, limit: Duration) -> u64 {
    let since = |(read, unix): (Instant, Duration)| {
        let passed = started.checked_duration_since(read)?;
        (passed < GOOD_FOR).then(|| unix + passed)
    };
    let started = READING.get().and_then(since).unwrap_or_else(|| {
        let read = Instant::now();
        let unix = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        READING.set(Some((read, unix)));
        unix.saturating_sub(read.saturating_duration_since(started))
    });
    let at = started.saturating_add(limit);
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::unix_ms;

    #[test]
    fn it_is_the_limit_after_the_start_whenever_the_clock_was_read() {
        let limit = Duration::from_secs(3600);
        let now = || {
            let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            u64::try_from(unix.unwrap().as_millis()).unwrap()
        };
        let ago = Duration::from_secs(100);
        let Some(earlier) = Instant::now().checked_sub(ago) else {
            return;
        };
        for (started, ago) in [
            (Instant::now(), 0),
            (earlier, 100_000),
            (Instant::now(), 0),
            (Instant::now() + Duration::from_secs(2), 0),
        ] {
            let (before, at) = (now(), unix_ms(started, limit));
            let least = before + 3_600_000 - ago;
            // Far below an hour, far above what a busy machine can take.
            assert!(
                (least - 1_000..least + 600_000).contains(&at),
                "{at} for {least}"
            );
        }
    }
}
