//! How many invocations of a function run at once, and how many may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::invocation::Refusal;

/// What a refused caller is told: when to try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A place among the running invocations; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit(
    #[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>,
);

/// The limit of one function.
#[derive(Debug)]
pub(super) struct Limit {
    places: Option<Arc<Semaphore>>,
    concurrency: usize,
    queue: usize,
    waiting: AtomicUsize,
}

impl Limit {
    /// At most `concurrency` at once (`None`: any number), then `queue` waiting in order.
    pub(super) fn new(concurrency: Option<usize>, queue: usize) -> Self {
        let concurrency = concurrency.map(|limit| limit.min(Semaphore::MAX_PERMITS));
        Self {
            places: concurrency.map(|limit| Arc::new(Semaphore::new(limit))),
            concurrency: concurrency.unwrap_or(usize::MAX),
            queue,
            waiting: AtomicUsize::new(0),
        }
    }

    /// Takes a place, waits for one in the order of arrival, or is refused at once. Also says
    /// whether it had to wait.
    pub(super) async fn acquire(&self) -> Result<(Permit, bool), Refusal> {
        let Some(places) = &self.places else {
            return Ok((Permit(None), false));
        };
        // Whoever waits is served first: a place that comes free goes to the queue, not here.
        if let Ok(permit) = places.clone().try_acquire_owned() {
            return Ok((Permit(Some(permit)), false));
        }
        let waiting = Waiting::enter(&self.waiting);
        if waiting.before >= self.queue {
            return Err(Refusal::Throttled {
                concurrency: self.concurrency,
                queued: waiting.before,
                retry_after: RETRY_AFTER,
            });
        }
        match places.clone().acquire_owned().await {
            Ok(permit) => Ok((Permit(Some(permit)), true)),
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
            before: count.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Refusal};

    #[tokio::test]
    async fn the_queue_is_bounded_and_in_order() {
        let limit = Limit::new(Some(1), 2);
        let running = limit.acquire().await.unwrap();
        let mut first = Box::pin(limit.acquire());
        let mut second = Box::pin(limit.acquire());
        assert!(futures_poll(&mut first).is_none());
        assert!(futures_poll(&mut second).is_none());
        let refused = limit.acquire().await.unwrap_err();
        assert!(matches!(
            refused,
            Refusal::Throttled {
                concurrency: 1,
                queued: 2,
                ..
            }
        ));
        drop(running);
        assert!(futures_poll(&mut second).is_none(), "the first comes first");
        let permit = futures_poll(&mut first).unwrap().unwrap();
        drop(permit);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_that_leaves_the_queue_makes_room() {
        let limit = Limit::new(Some(1), 1);
        let _running = limit.acquire().await.unwrap();
        let mut waits = Box::pin(limit.acquire());
        assert!(futures_poll(&mut waits).is_none());
        drop(waits);
        let mut waits = Box::pin(limit.acquire());
        assert!(futures_poll(&mut waits).is_none(), "queued, not refused");
    }

    #[tokio::test]
    async fn without_a_limit_nobody_waits() {
        let limit = Limit::new(None, 0);
        let many: Vec<_> = std::iter::repeat_with(|| limit.acquire())
            .take(100)
            .collect();
        for permit in many {
            assert!(permit.await.is_ok());
        }
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
