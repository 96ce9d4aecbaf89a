//! Notices inline polls that hold their thread, and has other threads stand in.
//!
//! Each of the host's runtimes (`cells`) has one worker thread that works, and [`STAND_INS`] that
//! sleep: each is held by a task that waits on a condition variable. A thread of the watchdog's
//! looks at the workers every few milliseconds. A worker that is in the same inline poll at two
//! looks, and has slept or computed in between, is stuck (one that has merely lost its core is not):
//! one of the sleeping ones is let go, and takes over the connections of the stuck
//! one. When the poll ends, a worker is put to sleep again.
//!
//! When as many are stuck as can stand in, the last one is let go as well, but no poll goes inline
//! there any more, and the handlers that are stuck are reported: so there is always one worker that
//! is free, however long the others are held.
//!
//! An inline poll pays two relaxed stores for this. While nothing runs, the watchdog sleeps.

mod kernel;
mod reserve;
mod slot;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::Handle;

use super::placement::Placement;
use reserve::Reserve;
use slot::{Seen, Slot};

pub(super) use slot::Watched;

/// How many workers of a cell sleep.
const STAND_INS: usize = 3;

/// Worker threads of a cell.
pub const CELL_WORKERS: usize = 1 + STAND_INS;

/// Between two looks. A poll that sleeps is found to be stuck after one to two of these, one that
/// computes a few milliseconds later, when the scheduler has counted its time.
const LOOK: Duration = Duration::from_millis(2);

/// Looks without any new poll after which the watchdog goes to sleep.
const QUIET_LOOKS: u32 = 50;

/// Sleeping, it looks this often all the same, should a wake-up be lost.
const SLEEP: Duration = Duration::from_millis(100);

/// The watchdog of the host's cells. Dropping it lets all sleeping workers go.
#[derive(Debug)]
pub struct Watchdog(Vec<Arc<Reserve>>);

impl Watchdog {
    /// Puts the stand-ins of each cell to sleep and starts to watch. Each cell is a multi-thread
    /// runtime with [`CELL_WORKERS`] workers.
    pub fn start(cells: &[Handle]) -> Self {
        let reserves: Vec<_> = cells
            .iter()
            .map(|cell| Reserve::new(cell.clone(), STAND_INS))
            .collect();
        let watch = Watch::global();
        watch
            .lock(&watch.reserves)
            .extend(reserves.iter().map(Arc::downgrade));
        let watched: Vec<_> = reserves.iter().map(Arc::downgrade).collect();
        let spawned = std::thread::Builder::new()
            .name("shim-watchdog".to_owned())
            .spawn(move || watch.look_after(&watched));
        if let Err(error) = spawned {
            tracing::warn!("no watchdog, busy handlers may delay others: {error}");
        }
        Self(reserves)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.iter().for_each(|reserve| reserve.close());
    }
}

/// What is watched: one for the process.
#[derive(Debug, Default)]
struct Watch {
    /// Threads that have registered since the last look.
    slots: Mutex<Vec<Weak<Slot>>>,
    placements: Mutex<Vec<Weak<Placement>>>,
    reserves: Mutex<Vec<Weak<Reserve>>>,
    sleeping: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Watch {
    fn global() -> &'static Self {
        static WATCH: OnceLock<Watch> = OnceLock::new();
        WATCH.get_or_init(Self::default)
    }

    fn lock<'a, T>(&self, what: &'a Mutex<T>) -> std::sync::MutexGuard<'a, T> {
        what.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_up(&self) {
        if self.sleeping.load(Ordering::Relaxed)
            && self.sleeping.swap(false, Ordering::Relaxed)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }

    /// Looks until the cells are gone.
    fn look_after(&self, cells: &[Weak<Reserve>]) {
        let _ = self.thread.set(std::thread::current());
        let mut seen: Vec<(Arc<Slot>, Seen)> = Vec::new();
        let mut quiet = 0;
        loop {
            let mut busy = self.look(&mut seen);
            for cell in cells {
                let Some(cell) = cell.upgrade().filter(|cell| !cell.is_closed()) else {
                    return;
                };
                busy |= self.judge(&cell, &seen);
            }
            quiet = if busy { 0 } else { quiet + 1 };
            if quiet < QUIET_LOOKS {
                std::thread::sleep(LOOK);
            } else {
                self.sleeping.store(true, Ordering::Relaxed);
                std::thread::park_timeout(SLEEP);
                self.sleeping.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Marks the workers that are stuck; whether there was any new poll.
    fn look(&self, seen: &mut Vec<(Arc<Slot>, Seen)>) -> bool {
        let new = std::mem::take(&mut *self.lock(&self.slots));
        let new = new.iter().filter_map(Weak::upgrade);
        seen.extend(new.map(|slot| (slot, Seen::default())));
        // A thread that has ended leaves us the last count.
        seen.retain(|(slot, _)| Arc::strong_count(slot) > 1);
        let mut news = false;
        for (slot, last) in seen {
            news |= slot.look(last);
        }
        news
    }

    /// Has as many stand in as are stuck in a cell; whether any is.
    fn judge(&self, cell: &Arc<Reserve>, seen: &[(Arc<Slot>, Seen)]) -> bool {
        let stuck = || seen.iter().filter(|(slot, _)| slot.is_stuck_in(cell));
        let count = stuck().count();
        let crowded = count >= STAND_INS;
        cell.set_crowded(crowded);
        if crowded {
            let placements = self.lock(&self.placements);
            for (slot, _) in stuck() {
                if let Some(placement) = placements.get(slot.whose()).and_then(Weak::upgrade) {
                    placement.relapse();
                }
            }
        }
        // Only now: whoever is let go runs nothing inline that could hold it, too.
        cell.stand_in_for(count);
        count > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Policy;
    use crate::plugin::Place;

    /// More polls than there are workers want to hold them: the reserve stands in, the handler is
    /// reported, and somebody else is answered.
    #[test]
    fn stuck_workers_are_stood_in_for() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(CELL_WORKERS)
            .enable_all()
            .build()
            .unwrap();
        let watchdog = Watchdog::start(&[runtime.handle().clone()]);
        let placement = Arc::new(Placement::new(Policy::Adaptive, true));
        while placement.begin(|| false) != Place::Inline {
            placement.end(Place::Thread, Duration::ZERO);
        }
        let watched = Watched::new(&placement);
        let release = Arc::new(AtomicBool::new(false));
        let (refused, inline_refused) = std::sync::mpsc::channel();
        for _ in 0..2 * CELL_WORKERS {
            let (release, placement, refused) =
                (release.clone(), placement.clone(), refused.clone());
            runtime.spawn(async move {
                if placement.begin(|| watched.is_crowded()) != Place::Inline {
                    let _ = refused.send(());
                    return;
                }
                watched.poll(|| {
                    while !release.load(Ordering::Relaxed) {
                        std::thread::yield_now();
                    }
                });
            });
        }
        // Bounded waits for what must happen, not measurements.
        let limit = Duration::from_secs(20);
        let stopped_in_time = inline_refused.recv_timeout(limit);
        let (done, answered) = std::sync::mpsc::channel();
        runtime.spawn(async move { done.send(()) });
        let answered = answered.recv_timeout(limit);
        release.store(true, Ordering::Relaxed);
        assert!(
            stopped_in_time.is_ok(),
            "nothing kept the handler from holding all workers"
        );
        assert!(answered.is_ok(), "nobody stood in for the stuck workers");
        assert_eq!(
            placement.begin(|| false),
            Place::Thread,
            "the handler was not reported"
        );
        drop(watchdog);
    }
}
