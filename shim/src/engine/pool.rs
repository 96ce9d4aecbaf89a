//! The idle instances of a function.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::plugin::Instance;

/// Idle instances, the most recently used on top: the others grow cold and can go.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    idle: Vec<(Instance, Instant)>,
    closed: bool,
}

impl Pool {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle instance, if there is one.
    pub(super) fn take(&self) -> Option<Instance> {
        self.inner().idle.pop().map(|(instance, _)| instance)
    }

    /// Keeps an instance for the next run, or hands it back to be stopped: the pool is closed.
    pub(super) fn put(&self, instance: Instance) -> Option<Instance> {
        let mut inner = self.inner();
        if inner.closed {
            return Some(instance);
        }
        inner.idle.push((instance, Instant::now()));
        None
    }

    /// Takes out the instances that nobody needed for `limit`.
    pub(super) fn take_idle(&self, limit: Duration) -> Vec<Instance> {
        let mut inner = self.inner();
        // Pushed and popped on one end: the list is in the order of last use.
        let warm = inner
            .idle
            .partition_point(|(_, since)| since.elapsed() >= limit);
        inner
            .idle
            .drain(..warm)
            .map(|(instance, _)| instance)
            .collect()
    }

    /// Takes out all, and keeps none from now on.
    pub(super) fn close(&self) -> Vec<Instance> {
        let mut inner = self.inner();
        inner.closed = true;
        inner.idle.drain(..).map(|(instance, _)| instance).collect()
    }
}
