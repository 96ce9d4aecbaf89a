//! Where a run executes.
//!
//! A hop to another thread costs more than a quick handler's whole work, and a handler that holds
//! its thread for long starves the connections of that thread, and cannot be told that its deadline
//! has passed. So a new handler runs on threads of its own, until it has shown itself quick a number
//! of times in a row. Then its runs go inline, on the thread that read the request, as long as that
//! does no harm: the [watchdog](super::Watchdog) has other threads stand in for those that are held,
//! and says so when it runs out of them. Then the handler goes back to threads of its own; each time
//! it relapses it has to show more. An async handler that waits (for a timer, a socket) holds
//! nothing while it waits: it moves to the plugin's runtime.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
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

/// Holding a thread of its own for longer than this is not quick.
const QUICK: Duration = Duration::from_millis(2);

/// Holding a thread of the plugin's runtime, after an `await`, for longer than this is a relapse.
/// Far above what a thread that merely loses its core shows.
const HOLDS_RUNTIME: Duration = Duration::from_millis(20);

/// How many quick runs in a row a new handler must show.
const FIRST_PROOF: u32 = 16;

/// How many after its first relapse, and at most.
const PROOF: (u32, u32) = (64, 4096);

/// A relapse so long after the last one counts as the first.
const FORGIVEN_AFTER: Duration = Duration::from_secs(10);

/// How many runs of an async handler get threads of their own; more share the plugin's runtime.
const ASYNC_THREADS: usize = 1024;

/// What is known of one handler.
#[derive(Debug)]
pub(super) struct Placement {
    policy: Policy,
    /// A plain `fn`: it needs a thread wherever it does not run inline.
    blocking: bool,
    /// Quick runs still to be shown before runs go inline again; 0: they do.
    unproven: AtomicU32,
    /// What the next relapse sets `unproven` to.
    next_proof: AtomicU32,
    /// When the last relapse was, in milliseconds since the process's first.
    relapsed_ms: AtomicU64,
    on_threads: AtomicUsize,
}

impl Placement {
    pub(super) fn new(policy: Policy, blocking: bool) -> Self {
        Self {
            policy,
            blocking,
            unproven: AtomicU32::new(FIRST_PROOF),
            next_proof: AtomicU32::new(PROOF.0),
            relapsed_ms: AtomicU64::new(0),
            on_threads: AtomicUsize::new(0),
        }
    }

    /// Where the next run goes. `crowded`: this thread's runtime has nobody left to stand in.
    pub(super) fn begin(&self, crowded: impl FnOnce() -> bool) -> Place {
        let inline = match self.policy {
            Policy::Inline => true,
            Policy::Spawned => false,
            Policy::Adaptive => self.unproven.load(Ordering::Relaxed) == 0 && !crowded(),
        };
        if inline {
            return Place::Inline;
        }
        let share = self.policy == Policy::Spawned
            || self.on_threads.load(Ordering::Relaxed) >= ASYNC_THREADS;
        if share && !self.blocking {
            return Place::Runtime;
        }
        self.on_threads.fetch_add(1, Ordering::Relaxed);
        Place::Thread
    }

    /// A run that went to `place` is over; `longest_poll` is how long it held its thread at most,
    /// not counting the first, inline poll.
    pub(super) fn end(&self, place: Place, longest_poll: Duration) {
        if place == Place::Thread {
            self.on_threads.fetch_sub(1, Ordering::Relaxed);
        }
        if place != Place::Thread && longest_poll > HOLDS_RUNTIME {
            self.relapse();
            return;
        }
        if self.unproven.load(Ordering::Relaxed) == 0 {
            return;
        }
        if longest_poll > QUICK {
            self.unproven.fetch_max(FIRST_PROOF, Ordering::Relaxed);
        } else {
            let one_less = |left: u32| left.checked_sub(1);
            let _ = self
                .unproven
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        }
    }

    /// The handler holds, or held, threads that it must not hold.
    pub(super) fn relapse(&self) {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        if self.unproven.load(Ordering::Relaxed) != 0 {
            // Runs that began before: known already.
            return;
        }
        let now = FIRST.get_or_init(Instant::now).elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let last = self.relapsed_ms.swap(now, Ordering::Relaxed);
        let forgiven = u128::from(now.saturating_sub(last)) > FORGIVEN_AFTER.as_millis();
        let proof = match forgiven {
            true => PROOF.0,
            false => self.next_proof.load(Ordering::Relaxed),
        };
        self.unproven.store(proof, Ordering::Relaxed);
        self.next_proof
            .store(proof.saturating_mul(4).min(PROOF.1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adaptive() -> Placement {
        Placement::new(Policy::Adaptive, false)
    }

    /// Runs until they go inline again; how many that takes.
    fn proof(placement: &Placement) -> u32 {
        let mut runs = 0;
        loop {
            match placement.begin(|| false) {
                Place::Inline => return runs,
                place => placement.end(place, Duration::ZERO),
            }
            runs += 1;
        }
    }

    #[test]
    fn a_relapse_asks_for_a_proof_which_grows_each_time() {
        let placement = adaptive();
        assert_eq!(proof(&placement), FIRST_PROOF);
        let mut proofs = Vec::new();
        for _ in 0..5 {
            placement.relapse();
            proofs.push(proof(&placement));
        }
        assert_eq!(proofs, [64, 256, 1024, 4096, 4096]);
    }

    #[test]
    fn a_run_that_holds_its_thread_sets_the_proof_back() {
        let placement = adaptive();
        for _ in 1..FIRST_PROOF {
            placement.end(placement.begin(|| false), Duration::ZERO);
        }
        placement.end(placement.begin(|| false), Duration::from_millis(50));
        assert_eq!(proof(&placement), FIRST_PROOF);
    }

    #[test]
    fn holding_the_plugins_runtime_is_a_relapse_waiting_in_it_is_none() {
        let placement = adaptive();
        proof(&placement);
        placement.end(Place::Inline, Duration::from_micros(50));
        assert_eq!(placement.begin(|| false), Place::Inline);
        placement.end(Place::Inline, Duration::from_millis(50));
        assert_eq!(placement.begin(|| false), Place::Thread);
    }

    #[test]
    fn nobody_runs_inline_where_nobody_could_stand_in() {
        let placement = adaptive();
        proof(&placement);
        assert_eq!(placement.begin(|| true), Place::Thread);
    }

    #[test]
    fn threads_for_async_handlers_are_bounded_those_for_plain_functions_are_not() {
        let (waits, blocks) = (adaptive(), Placement::new(Policy::Adaptive, true));
        for _ in 0..ASYNC_THREADS {
            assert_eq!(waits.begin(|| true), Place::Thread);
            assert_eq!(blocks.begin(|| true), Place::Thread);
        }
        assert_eq!(waits.begin(|| true), Place::Runtime);
        assert_eq!(blocks.begin(|| true), Place::Thread);
        waits.end(Place::Thread, Duration::ZERO);
        assert_eq!(waits.begin(|| true), Place::Thread);
    }

    #[test]
    fn fixed_policies_do_not_learn() {
        let inline = Placement::new(Policy::Inline, false);
        inline.relapse();
        assert_eq!(inline.begin(|| true), Place::Inline);
        assert_eq!(
            Placement::new(Policy::Spawned, false).begin(|| false),
            Place::Runtime
        );
        assert_eq!(
            Placement::new(Policy::Spawned, true).begin(|| false),
            Place::Thread
        );
    }
}
