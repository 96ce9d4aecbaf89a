//! One worker thread, as the watchdog sees it.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use super::kernel::Told;
use super::reserve::Reserve;
use super::{LOOK, Placement, Watch};

/// What a thread tells of its inline polls.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Odd while in one; only the thread itself counts it up.
    polls: AtomicU64,
    /// Whose poll it is: an index into `Watch::placements`.
    whose: AtomicUsize,
    /// The last look found it in the poll of the look before. Only the watchdog's.
    stuck: AtomicBool,
    /// The cell that it works for.
    cell: Option<Arc<Reserve>>,
    told: Option<Told>,
}

/// What was seen of a thread.
#[derive(Debug, Default)]
pub(super) struct Seen {
    polls: u64,
    /// How long it had run when it was first seen in this poll.
    ran: Duration,
}

thread_local! {
    static SLOT: OnceCell<Arc<Slot>> = const { OnceCell::new() };
}

/// The slot of this thread, which registers itself at first.
fn with_slot<T>(action: impl FnOnce(&Slot) -> T) -> T {
    SLOT.with(|slot| {
        action(slot.get_or_init(|| {
            let watch = Watch::global();
            let runtime = Handle::try_current().ok().map(|handle| handle.id());
            let cell = {
                let reserves = watch.lock(&watch.reserves);
                let mut cells = reserves.iter().filter_map(Weak::upgrade);
                cells.find(|cell| Some(cell.runtime_id()) == runtime)
            };
            let slot = Arc::new(Slot {
                cell,
                told: Told::of_this_thread(),
                ..Slot::default()
            });
            watch.lock(&watch.slots).push(Arc::downgrade(&slot));
            slot
        }))
    })
}

impl Slot {
    /// Whether there were new polls since the look that saw `last`.
    pub(super) fn look(&self, last: &mut Seen) -> bool {
        let polls = self.polls.load(Ordering::Acquire);
        let news = polls != std::mem::replace(&mut last.polls, polls);
        let polling = polls % 2 == 1;
        if news && polling {
            let ran = self.told.as_ref().and_then(Told::ran);
            last.ran = ran.unwrap_or_default();
        }
        let stuck = !news && polling && self.holds_since(last.ran);
        self.stuck.store(stuck, Ordering::Relaxed);
        news
    }

    /// Whether the poll holds the thread: it sleeps in it, or has computed for a while since it had
    /// `ran` so long. Otherwise it may merely have lost its core, which a stand-in would not give
    /// back; it would be one more to want it.
    fn holds_since(&self, ran: Duration) -> bool {
        let Some(told) = &self.told else {
            return true;
        };
        let computes = || told.ran().is_none_or(|now| now >= ran + LOOK / 2);
        told.sleeps().unwrap_or(true) || computes()
    }

    pub(super) fn is_stuck_in(&self, cell: &Arc<Reserve>) -> bool {
        self.stuck.load(Ordering::Relaxed)
            && self.cell.as_ref().is_some_and(|own| Arc::ptr_eq(own, cell))
    }

    pub(super) fn whose(&self) -> usize {
        self.whose.load(Ordering::Relaxed)
    }
}

/// A handler that is watched.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Watched(usize);

impl Watched {
    /// Has `placement` told when its inline polls hold more threads than can be stood in for.
    pub(in crate::engine) fn new(placement: &Arc<Placement>) -> Self {
        let watch = Watch::global();
        let mut placements = watch.lock(&watch.placements);
        placements.push(Arc::downgrade(placement));
        Self(placements.len() - 1)
    }

    /// Whether nobody is left to stand in for this thread.
    pub(in crate::engine) fn is_crowded(self) -> bool {
        with_slot(|slot| slot.cell.as_ref().is_some_and(|cell| cell.is_crowded()))
    }

    /// Runs one inline poll under the watchdog's eyes.
    pub(in crate::engine) fn poll<T>(self, poll: impl FnOnce() -> T) -> T {
        with_slot(|slot| {
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
