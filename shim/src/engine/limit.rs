//! How many invocations of a function run at once, and how many may wait.

mod places;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, TryAcquireError};

use places::Places;

use crate::invocation::Refusal;

/// What a refused caller is told: when to try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A place among the running invocations; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(Option<&'a Arc<Places>>);

/// A [`Permit`] that borrows nothing.
#[derive(Debug)]
pub(super) struct OwnedPermit(Option<Arc<Places>>);

impl Permit<'_> {
    /// The same place, for whom it outlives the borrow.
    pub(super) fn into_owned(mut self) -> OwnedPermit {
        OwnedPermit(self.0.take().cloned())
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(places) = self.0 {
            places.give_back();
        }
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        if let Some(places) = &self.0 {
            places.give_back();
        }
    }
}

/// The limit of one function.
#[derive(Debug)]
pub(super) struct Limit {
    places: Option<Arc<Places>>,
    concurrency: usize,
    queue: usize,
}

impl Limit {
    /// At most `concurrency` at once (`None`: any number), then `queue` waiting in order.
    pub(super) fn new(concurrency: Option<usize>, queue: usize) -> Self {
        let concurrency = concurrency.map(|limit| limit.min(Semaphore::MAX_PERMITS));
        Self {
            places: concurrency.map(|limit| Arc::new(Places::new(limit))),
            concurrency: concurrency.unwrap_or(usize::MAX),
            queue,
        }
    }

    /// Takes a place that costs no look at other threads. `None`: [`acquire`](Self::acquire) may
    /// have one all the same.
    pub(super) fn try_acquire(&self) -> Option<Permit<'_>> {
        match &self.places {
            None => Some(Permit(None)),
            Some(places) => places.take_own().then(|| Permit(Some(places))),
        }
    }

    /// Takes a place, waits for one in the order of arrival, or is refused at once. Also says
    /// whether it had to wait.
    pub(super) async fn acquire(&self) -> Result<(Permit<'_>, bool), Refusal> {
        let Some(places) = &self.places else {
            return Ok((Permit(None), false));
        };
        // Whoever waits is served first: a place that comes free goes to the queue, not here.
        match places.take_any() {
            Ok(()) => return Ok((Permit(Some(places)), false)),
            Err(TryAcquireError::Closed) => return Err(Refusal::ShuttingDown),
            Err(TryAcquireError::NoPermits) => {}
        }
        let waiting = Waiting::enter(&places.waiting);
        if waiting.before >= self.queue {
            return Err(Refusal::Throttled {
                concurrency: self.concurrency,
                queued: waiting.before,
                retry_after: RETRY_AFTER,
            });
        }
        // What was given back before we were seen to wait is with its thread.
        places.collect();
        match places.shared.acquire().await {
            Ok(permit) => {
                permit.forget();
                Ok((Permit(Some(places)), true))
            }
            Err(_closed) => Err(Refusal::ShuttingDown),
        }
    }

    /// Refuses everybody who waits, and whoever comes later.
    pub(super) fn close(&self) {
        if let Some(places) = &self.places {
            places.close();
        }
    }
}

/// One in the queue; leaves it when dropped, which is also when its caller left.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self {
            count,
            before: count.fetch_add(1, Ordering::SeqCst),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
