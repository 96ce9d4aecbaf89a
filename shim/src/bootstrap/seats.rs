//! Where instances are between and during invocations, so that they can be stopped from elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::log;
use crate::engine::Solo;
use crate::plugin::Handler;

/// How often is looked whether an invocation has ended.
const LOOK: Duration = Duration::from_millis(2);

/// One engine for each invocation that may run at once.
#[derive(Debug)]
pub(super) struct Seats {
    solos: Vec<Mutex<Solo>>,
    stopping: AtomicBool,
}

impl Seats {
    pub(super) fn new(handler: &Handler, count: usize) -> Arc<Self> {
        let solos = (0..count).map(|_| Mutex::new(Solo::new(handler.clone())));
        Arc::new(Self {
            solos: solos.collect(),
            stopping: AtomicBool::new(false),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.solos.len()
    }

    /// Starts an instance before it is needed.
    pub(super) fn start(&self, seat: usize) {
        if let Some(mut solo) = self.take(seat)
            && let Some(error) = solo.start()
        {
            log::phase_failed("start", &error);
        }
    }

    /// Takes a seat, for one invocation; `None` when no more should begin.
    pub(super) fn take(&self, seat: usize) -> Option<MutexGuard<'_, Solo>> {
        // The engine's own state is sound whatever a panic left undone.
        let solo = self.solos.get(seat)?;
        let solo = solo.lock().unwrap_or_else(PoisonError::into_inner);
        (!self.stopping.load(Ordering::Acquire)).then_some(solo)
    }

    /// Lets nothing more begin, and stops every instance whose invocation ends within `patience`.
    /// Returns whether that were all.
    pub(super) fn stop(&self, patience: Duration) -> bool {
        self.stopping.store(true, Ordering::Release);
        let until = Instant::now() + patience;
        let all = AtomicBool::new(true);
        std::thread::scope(|scope| {
            for solo in &self.solos {
                let stop = || match lock_until(solo, until) {
                    Some(mut solo) => solo.stop(),
                    None => all.store(false, Ordering::Relaxed),
                };
                match self.solos.len() {
                    1 => stop(),
                    _ => drop(scope.spawn(stop)),
                }
            }
        });
        all.into_inner()
    }
}

fn lock_until(solo: &Mutex<Solo>, until: Instant) -> Option<MutexGuard<'_, Solo>> {
    loop {
        match solo.try_lock() {
            Ok(solo) => return Some(solo),
            Err(std::sync::TryLockError::Poisoned(solo)) => return Some(solo.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) if Instant::now() >= until => return None,
            Err(std::sync::TryLockError::WouldBlock) => std::thread::sleep(LOOK),
        }
    }
}
