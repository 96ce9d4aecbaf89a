//! The sleeping workers of one cell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, Id};

/// The sleeping workers of one cell.
#[derive(Debug)]
pub(super) struct Reserve {
    runtime: Handle,
    size: usize,
    crowded: AtomicBool,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many are to be let go and have not noticed yet.
    to_wake: usize,
    /// How many were let go.
    awake: usize,
    closed: bool,
}

impl Reserve {
    /// Puts `size` workers of `runtime` to sleep.
    pub(super) fn new(runtime: Handle, size: usize) -> Arc<Self> {
        let reserve = Arc::new(Self {
            runtime,
            size,
            crowded: AtomicBool::new(false),
            state: Mutex::default(),
            wake: Condvar::new(),
        });
        (0..size).for_each(|_| reserve.put_to_sleep());
        reserve
    }

    pub(super) fn runtime_id(&self) -> Id {
        self.runtime.id()
    }

    /// Whether all are stuck, or needed for those that are.
    pub(super) fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }

    pub(super) fn set_crowded(&self, crowded: bool) {
        self.crowded.store(crowded, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Lets all go, for good.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.wake.notify_all();
    }

    /// Has as many workers awake as are stuck.
    pub(super) fn stand_in_for(self: &Arc<Self>, stuck: usize) {
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

    /// Holds one worker of the runtime until it is needed.
    fn put_to_sleep(self: &Arc<Self>) {
        let reserve = self.clone();
        self.runtime.spawn(async move {
            // Tasks that wait for this very worker must not sleep with it. Others can take them
            // from its queue, but not from its slot for the next task: the first of these moves
            // what is in there to the queue, the second also wakes a worker to look at the queue.
            tokio::spawn(async {});
            tokio::spawn(async {});
            reserve.sleep();
        });
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
