//! Notices inline polls that hold their thread, and gives the host threads in their stead.
//!
//! The host's runtime has twice the worker threads that it needs. The second half is kept busy
//! doing nothing: each is held by a task that sleeps on a condition variable, so that the runtime
//! works as if it had only the first half. A thread of the watchdog's looks at the workers every
//! few milliseconds. A worker that is in the same inline poll at two looks is stuck: the handler is
//! reported, so that no further run of it goes inline, and one of the sleeping workers is let go to
//! take over the connections of the stuck one. When the poll ends, a worker is put to sleep again.
//!
//! An inline poll pays two relaxed stores for this. While nothing runs, the watchdog sleeps.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::placement::Placement;

/// Between two looks. A poll is found to be stuck after one to two of these.
const LOOK: Duration = Duration::from_millis(2);

/// Looks without any new poll after which the watchdog goes to sleep.
const QUIET_LOOKS: u32 = 50;

/// Sleeping, it looks this often all the same, should a wake-up be lost.
const SLEEP: Duration = Duration::from_millis(100);

/// How many worker threads a host runtime should have for `cores`, sleeping ones included.
pub fn runtime_threads(cores: usize) -> usize {
    cores.max(1) * 2
}

/// The watchdog of one host runtime. Dropping it lets all sleeping workers go.
#[derive(Debug)]
pub struct Watchdog(Arc<Reserve>);

impl Watchdog {
    /// Puts `reserve` workers of `runtime` to sleep and starts to watch.
    ///
    /// The runtime needs [`runtime_threads`] workers: at least one must be left awake.
    pub fn start(runtime: Handle, reserve: usize) -> Self {
        let watch = Watch::global();
        let reserve = Arc::new(Reserve {
            runtime,
            size: reserve,
            state: Mutex::default(),
            wake: Condvar::new(),
        });
        (0..reserve.size).for_each(|_| reserve.put_to_sleep());
        let (weak, slots) = (Arc::downgrade(&reserve), watch);
        let spawned = std::thread::Builder::new()
            .name("shim-watchdog".to_owned())
            .spawn(move || slots.look_after(&weak));
        if let Err(error) = spawned {
            tracing::warn!("no watchdog, busy handlers may delay others: {error}");
        }
        Self(reserve)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = true;
        self.0.wake.notify_all();
    }
}

/// The sleeping workers.
#[derive(Debug)]
struct Reserve {
    runtime: Handle,
    size: usize,
    state: Mutex<ReserveState>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct ReserveState {
    /// How many are to be let go and have not noticed yet.
    to_wake: usize,
    /// How many were let go.
    awake: usize,
    closed: bool,
}

impl Reserve {
    fn state(&self) -> std::sync::MutexGuard<'_, ReserveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds one worker of the runtime until it is needed.
    fn put_to_sleep(self: &Arc<Self>) {
        let reserve = self.clone();
        self.runtime.spawn(async move { reserve.sleep() });
    }

    fn sleep(&self) {
        let mut state = self.state();
        while state.to_wake == 0 && !state.closed {
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.to_wake = state.to_wake.saturating_sub(1);
    }

    /// Has as many workers awake as are stuck.
    fn stand_in_for(self: &Arc<Self>, stuck: usize) {
        let wanted = stuck.min(self.size);
        let mut state = self.state();
        if state.closed {
            return;
        }
        while state.awake < wanted {
            state.awake += 1;
            state.to_wake += 1;
            self.wake.notify_one();
        }
        while state.awake > wanted {
            state.awake -= 1;
            self.put_to_sleep();
        }
    }
}

/// One worker thread, as the watchdog sees it.
#[derive(Debug, Default)]
struct Slot {
    /// Odd while in an inline poll; only the thread itself counts it up.
    polls: AtomicU64,
    /// Whose poll it is: an index into `Watch::placements`.
    whose: AtomicUsize,
}

/// What is watched: one for the process.
#[derive(Debug, Default)]
struct Watch {
    slots: Mutex<Vec<Weak<Slot>>>,
    placements: Mutex<Vec<Weak<Placement>>>,
    sleeping: AtomicBool,
    thread: OnceLock<Thread>,
}

thread_local! {
    static SLOT: OnceCell<Arc<Slot>> = const { OnceCell::new() };
}

/// A handler that is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched(usize);

impl Watched {
    /// Has `placement` told when one of its inline polls is stuck.
    pub(super) fn new(placement: &Arc<Placement>) -> Self {
        let mut placements = Watch::global()
            .placements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        placements.push(Arc::downgrade(placement));
        Self(placements.len() - 1)
    }

    /// Runs one inline poll under the watchdog's eyes.
    pub(super) fn poll<T>(self, poll: impl FnOnce() -> T) -> T {
        SLOT.with(|slot| {
            let slot = slot.get_or_init(|| Watch::global().register());
            let polls = slot.polls.load(Ordering::Relaxed);
            slot.whose.store(self.0, Ordering::Relaxed);
            slot.polls.store(polls.wrapping_add(1), Ordering::Release);
            Watch::global().wake_up();
            let output = poll();
            slot.polls.store(polls.wrapping_add(2), Ordering::Release);
            output
        })
    }
}

impl Watch {
    fn global() -> &'static Self {
        static WATCH: OnceLock<Watch> = OnceLock::new();
        WATCH.get_or_init(Self::default)
    }

    fn register(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&slot));
        slot
    }

    fn wake_up(&self) {
        if self.sleeping.load(Ordering::Relaxed)
            && self.sleeping.swap(false, Ordering::Relaxed)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    /// Looks until the reserve is gone.
    fn look_after(&self, reserve: &Weak<Reserve>) {
        let _ = self.thread.set(std::thread::current());
        let mut seen: Vec<(Arc<Slot>, u64)> = Vec::new();
        let mut quiet = 0;
        while let Some(reserve) = reserve.upgrade() {
            if reserve.state().closed {
                return;
            }
            let (stuck, news) = self.look(&mut seen);
            reserve.stand_in_for(stuck);
            drop(reserve);
            quiet = if news || stuck > 0 { 0 } else { quiet + 1 };
            if quiet < QUIET_LOOKS {
                std::thread::sleep(LOOK);
            } else {
                self.sleeping.store(true, Ordering::Relaxed);
                std::thread::park_timeout(SLEEP);
                self.sleeping.store(false, Ordering::Relaxed);
            }
        }
    }

    /// How many workers are in the poll that they were in at the last look, and whether there was
    /// any new poll.
    fn look(&self, seen: &mut Vec<(Arc<Slot>, u64)>) -> (usize, bool) {
        {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            for slot in slots.drain(..).filter_map(|slot| slot.upgrade()) {
                seen.push((slot, 0));
            }
        }
        // A thread that has ended leaves us the last count.
        seen.retain(|(slot, _)| Arc::strong_count(slot) > 1);
        let (mut stuck, mut news) = (0, false);
        for (slot, last) in seen {
            let polls = slot.polls.load(Ordering::Acquire);
            if polls != *last {
                *last = polls;
                news = true;
            } else if polls % 2 == 1 {
                stuck += 1;
                self.report(slot.whose.load(Ordering::Relaxed));
            }
        }
        (stuck, news)
    }

    fn report(&self, whose: usize) {
        let placements = self
            .placements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(placement) = placements.get(whose).and_then(Weak::upgrade) {
            placement.relapse();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::engine::Policy;
    use crate::plugin::Place;

    /// All workers of a runtime are stuck in inline polls: the reserve takes over, the handler is
    /// reported.
    #[test]
    fn stuck_workers_are_stood_in_for() {
        let cores = 2;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(runtime_threads(cores))
            .enable_all()
            .build()
            .unwrap();
        let watchdog = Watchdog::start(runtime.handle().clone(), cores);
        let placement = Arc::new(Placement::new(Policy::Adaptive));
        (0..100).for_each(|_| placement.record(Duration::ZERO));
        assert_eq!(placement.place(), Place::Inline);
        let watched = Watched::new(&placement);
        let release = Arc::new(AtomicBool::new(false));
        for _ in 0..cores {
            let release = release.clone();
            runtime.spawn(async move {
                watched.poll(|| {
                    while !release.load(Ordering::Relaxed) {
                        std::thread::yield_now();
                    }
                });
            });
        }
        // A bounded wait for the answer of somebody else, not a measurement.
        let (done, answered) = std::sync::mpsc::channel();
        std::thread::sleep(Duration::from_millis(20));
        runtime.spawn(async move { done.send(Instant::now()) });
        let answered = answered.recv_timeout(Duration::from_secs(20));
        release.store(true, Ordering::Relaxed);
        assert!(answered.is_ok(), "nobody stood in for the stuck workers");
        assert_eq!(placement.place(), Place::Thread);
        drop(watchdog);
    }
}
