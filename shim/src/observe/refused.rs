//! The line that refused invocations leave: at most one a second, for a flood of them must not
//! become a flood of lines.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::{Level, enabled, warn};

use super::invocation::TARGET;
use crate::invocation::Refusal;

/// What there is to say about an invocation that was not tried.
#[derive(Debug, Clone, Copy)]
pub struct RefusedLine<'a> {
    /// Its request id.
    pub request_id: &'a str,
    /// The function's name.
    pub function: &'a str,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Why.
    pub refusal: &'a Refusal,
}

/// Logs a refused invocation at `WARN`, target `shim::invocation`, unless another one was logged
/// within the last second: then it is only counted, and the next line tells as `unlogged` how many
/// were. One count for all functions of the process.
///
/// Never blocks; two atomic operations where no line is due.
pub fn refused(line: &RefusedLine<'_>) {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    static LIMITER: Limiter = Limiter::new();

    if !enabled!(target: TARGET, Level::WARN) {
        return;
    }
    if let Some(unlogged) = LIMITER.admit(START.elapsed().as_millis() as u64) {
        write(line, unlogged);
    }
}

fn write(line: &RefusedLine<'_>, unlogged: u64) {
    warn!(
        target: TARGET,
        request_id = line.request_id,
        function = line.function,
        status = line.status,
        unlogged,
        "refused: {}",
        line.refusal,
    );
}

/// Lets one through in each [`Limiter::PERIOD_MS`] and counts the others.
struct Limiter {
    /// When the next one may pass.
    next: AtomicU64,
    unlogged: AtomicU64,
}

impl Limiter {
    const PERIOD_MS: u64 = 1000;

    const fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            unlogged: AtomicU64::new(0),
        }
    }

    /// Whether this one may pass at `now` (in milliseconds): how many could not since the last.
    fn admit(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let later = now + Self::PERIOD_MS;
        // Of several at the same time one wins.
        let set = |next| {
            let (wins, loses) = (Ordering::Relaxed, Ordering::Relaxed);
            self.next.compare_exchange(next, later, wins, loses)
        };
        if now < next || set(next).is_err() {
            self.unlogged.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.unlogged.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::logs::testing::json;
    use super::{Limiter, RefusedLine, write};
    use crate::invocation::Refusal;

    #[test]
    fn one_in_a_second_passes_and_the_others_are_counted() {
        let limiter = Limiter::new();
        let passed = [0, 1, 999, 1000, 1001, 5000].map(|now| limiter.admit(now));
        assert_eq!(passed, [Some(0), None, None, Some(2), None, Some(1)]);
    }

    #[test]
    fn a_refusal_is_a_warning_with_its_reason() {
        let refusal = Refusal::Throttled {
            concurrency: 10,
            queued: 5,
            retry_after: Duration::from_secs(1),
        };
        let line = RefusedLine {
            request_id: "r1",
            function: "orders.create",
            status: 429,
            refusal: &refusal,
        };
        let got = &json(|| write(&line, 7))[0];
        assert_eq!(got["level"], "WARN");
        assert_eq!(
            got["message"],
            "refused: too many requests: all 10 places are taken and 5 invocations wait"
        );
        assert_eq!(got["status"], 429);
        assert_eq!(got["unlogged"], 7);
    }
}
