//! Where the free places of a limit are.
//!
//! A place that is free is with the thread that used it last, so that threads do not fight for one line
//! of the cache; who has none of its own collects those of all. While anybody waits, places that come
//! free go to the queue.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, TryAcquireError};

use crate::invocation::thread;

/// Added to the number of those who wait: the limit is closed.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// The places of one function.
#[derive(Debug)]
pub(super) struct Places {
    /// A power of two.
    own: Box<[Own]>,
    /// Free places that belong to no thread, and the queue.
    pub(super) shared: Semaphore,
    /// How many wait.
    pub(super) waiting: AtomicUsize,
    collecting: Mutex<()>,
}

/// The free places of some threads.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Own(AtomicUsize);

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            own: (0..thread::places()).map(|_| Own::default()).collect(),
            shared: Semaphore::new(limit),
            waiting: AtomicUsize::new(0),
            collecting: Mutex::default(),
        }
    }

    /// Nobody gets a place any more.
    pub(super) fn close(&self) {
        // From now on nobody keeps places to itself.
        self.waiting.fetch_add(CLOSED, Ordering::SeqCst);
        self.shared.close();
    }

    fn own(&self) -> &AtomicUsize {
        &self.own[thread::number() & (self.own.len() - 1)].0
    }

    /// Takes a place of the thread's own, unless anybody waits.
    pub(super) fn take_own(&self) -> bool {
        if self.waiting.load(Ordering::Relaxed) != 0 {
            return false;
        }
        let one_less = |free: usize| free.checked_sub(1);
        self.own()
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, one_less)
            .is_ok()
    }

    /// Takes a place wherever there is one.
    pub(super) fn take_any(&self) -> Result<(), TryAcquireError> {
        let take_shared = || self.shared.try_acquire().map(|permit| permit.forget());
        match take_shared() {
            Err(TryAcquireError::NoPermits) => {
                self.collect();
                take_shared()
            }
            done => done,
        }
    }

    /// Makes the free places of all threads shared ones.
    pub(super) fn collect(&self) {
        // One at a time: what is on its way would look as if it were taken.
        let _collecting = self
            .collecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let free = self.own.iter().map(|own| own.0.swap(0, Ordering::SeqCst));
        self.shared.add_permits(free.sum());
    }

    /// Gives a place back: to who waits, or to the thread's own.
    pub(super) fn give_back(&self) {
        self.own().fetch_add(1, Ordering::SeqCst);
        // Who waits has looked at our places before this one was there, or is seen here.
        if self.waiting.load(Ordering::SeqCst) != 0 {
            self.collect();
        }
    }
}
