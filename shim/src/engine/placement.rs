//! Where a run executes.
//!
//! A hop to another thread costs more than a quick handler's whole work, and a handler that holds
//! its thread for long starves the connections of that thread. So the policy watches what handlers
//! do: one that has shown itself quick a number of times in a row is polled inline, on the thread
//! that read the request; one that holds a thread for long runs on threads of its own until it has
//! shown itself quick again, and each time it relapses it has to show more. An async handler that
//! waits (for a timer, a socket) holds nothing while it waits, so it counts as quick.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::plugin::Place;

/// How a function's runs are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// By what the handler was seen to do.
    #[default]
    Adaptive,
    /// Always first on the thread that read the request. Only for handlers known to be quick.
    Inline,
    /// Always on the plugin's runtime; a plain `fn` on a thread of its own.
    Spawned,
}

/// Holding a thread for longer than this is not quick.
const QUICK: Duration = Duration::from_micros(500);

/// How many quick runs in a row a new handler must show.
const FIRST_PROOF: u32 = 16;

/// How many it must show at most, after many relapses.
const LONGEST_PROOF: u32 = 1 << 16;

/// A relapse so long after the last one counts as the first.
const FORGIVEN_AFTER: Duration = Duration::from_secs(10);

/// What is known of one handler.
#[derive(Debug)]
pub(super) struct Placement {
    policy: Policy,
    /// Quick runs still to be shown before runs go inline; 0: they do.
    unproven: AtomicU32,
    /// What the next relapse sets `unproven` to.
    next_proof: AtomicU32,
    /// When the last relapse was, in milliseconds since the process's first.
    relapsed_ms: AtomicU64,
}

impl Placement {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            unproven: AtomicU32::new(FIRST_PROOF),
            next_proof: AtomicU32::new(FIRST_PROOF * 4),
            relapsed_ms: AtomicU64::new(0),
        }
    }

    /// Where the next run goes.
    pub(super) fn place(&self) -> Place {
        match self.policy {
            Policy::Inline => Place::Inline,
            Policy::Spawned => Place::Runtime,
            Policy::Adaptive if self.unproven.load(Ordering::Relaxed) == 0 => Place::Inline,
            Policy::Adaptive => Place::Thread,
        }
    }

    /// A run is over; `longest_poll` is how long it held its thread at most.
    pub(super) fn record(&self, longest_poll: Duration) {
        if longest_poll > QUICK {
            self.relapse();
        } else if self.unproven.load(Ordering::Relaxed) != 0 {
            let one_less = |left: u32| left.checked_sub(1);
            let _ = self
                .unproven
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        }
    }

    /// The handler holds, or held, its thread for too long.
    pub(super) fn relapse(&self) {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        let now = FIRST.get_or_init(Instant::now).elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let last = self.relapsed_ms.swap(now, Ordering::Relaxed);
        let forgiven = u128::from(now.saturating_sub(last)) > FORGIVEN_AFTER.as_millis();
        let proof = match forgiven {
            true => FIRST_PROOF,
            false => self.next_proof.load(Ordering::Relaxed),
        };
        self.unproven.store(proof, Ordering::Relaxed);
        self.next_proof.store(
            proof.saturating_mul(4).min(LONGEST_PROOF),
            Ordering::Relaxed,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_runs_on_threads_until_it_was_quick_often_enough() {
        let placement = Placement::new(Policy::Adaptive);
        for _ in 0..FIRST_PROOF {
            assert_eq!(placement.place(), Place::Thread);
            placement.record(Duration::from_micros(10));
        }
        assert_eq!(placement.place(), Place::Inline);
    }

    #[test]
    fn a_relapse_sends_it_back_and_asks_for_more_each_time() {
        let placement = Placement::new(Policy::Adaptive);
        let mut proofs = Vec::new();
        for _ in 0..4 {
            placement.record(Duration::from_millis(50));
            let mut proof = 0;
            while placement.place() == Place::Thread {
                placement.record(Duration::ZERO);
                proof += 1;
            }
            proofs.push(proof);
        }
        assert!(proofs.is_sorted_by(|a, b| a < b), "{proofs:?}");
        for _ in 0..100 {
            placement.relapse();
        }
        assert_eq!(placement.unproven.load(Ordering::Relaxed), LONGEST_PROOF);
    }

    #[test]
    fn fixed_policies_do_not_learn() {
        let inline = Placement::new(Policy::Inline);
        inline.record(Duration::from_secs(1));
        assert_eq!(inline.place(), Place::Inline);
        assert_eq!(Placement::new(Policy::Spawned).place(), Place::Runtime);
    }
}
