//! The barrier around the author's code: catches panics, measures polls, obeys the cancel signal.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::fault::Fault;
use crate::glue::invocation::Invocation;
use crate::glue::{panic, scope};
use crate::stream::quietly;

/// What a guarded future came to.
pub struct Guarded<T> {
    /// The value, or why there is none.
    pub value: Result<T, Fault>,
    /// The longest single poll, in nanoseconds, of those that were timed.
    pub longest_poll_ns: u64,
}

/// A future of the author's behind the barrier (I4).
///
/// After a panic the future is dropped, under a second barrier, and `on_panic` runs before that, so
/// that what the future lets go of is known to be damaged. A destructor that panics when the future
/// is done counts as a panic of the run.
pub struct Guard<F, P: FnMut()> {
    future: Option<Pin<Box<F>>>,
    invocation: Arc<Invocation>,
    on_panic: P,
    longest_poll_ns: u64,
    timed: bool,
}

impl<F: Future, P: FnMut()> Guard<F, P> {
    /// Puts `future`, which works for `invocation`, behind the barrier.
    pub fn new(future: F, invocation: Arc<Invocation>, on_panic: P) -> Self {
        Self::of(Box::pin(future), invocation, on_panic)
    }

    /// The same for one that is where it stays.
    pub(super) fn of(future: Pin<Box<F>>, invocation: Arc<Invocation>, on_panic: P) -> Self {
        Self {
            future: Some(future),
            invocation,
            on_panic,
            longest_poll_ns: 0,
            timed: true,
        }
    }

    /// Leaves the first poll out of [`Guarded::longest_poll_ns`]: inline, the host watches it.
    pub fn first_poll_untimed(&mut self) {
        self.timed = false;
    }

    fn end(&mut self, value: Result<F::Output, Fault>) -> Poll<Guarded<F::Output>> {
        let value = match (self.discard(), value) {
            (Some(fault), Ok(value)) => {
                quietly(|| drop(value));
                Err(fault)
            }
            (_, value) => value,
        };
        Poll::Ready(Guarded {
            value,
            longest_poll_ns: self.longest_poll_ns,
        })
    }
}

impl<F, P: FnMut()> Guard<F, P> {
    /// Drops the future where a destructor's panic does no harm, and says whether there was one.
    fn discard(&mut self) -> Option<Fault> {
        let future = self.future.take()?;
        let dropped = scope::within(&self.invocation, || {
            catch_unwind(AssertUnwindSafe(|| drop(future)))
        });
        let payload = dropped.err()?;
        (self.on_panic)();
        Some(panic::take(payload))
    }
}

impl<F: Future, P: FnMut() + Unpin> Future for Guard<F, P> {
    type Output = Guarded<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.invocation.is_cancelled() {
            return this.end(Err(Fault::cancelled()));
        }
        let Some(future) = this.future.as_mut() else {
            return this.end(Err(Fault::internal("polled after its end")));
        };
        let started = this.timed.then(Instant::now);
        this.timed = true;
        let polled = scope::within(&this.invocation, || {
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)))
        });
        let took = started.map_or(0, |started| started.elapsed().as_nanos());
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        this.longest_poll_ns = this.longest_poll_ns.max(took);
        match polled {
            Ok(Poll::Ready(value)) => this.end(Ok(value)),
            Ok(Poll::Pending) => match this.invocation.poll_cancelled(cx) {
                Poll::Ready(()) => this.end(Err(Fault::cancelled())),
                Poll::Pending => Poll::Pending,
            },
            Err(payload) => {
                (this.on_panic)();
                let fault = panic::take(payload);
                this.end(Err(fault))
            }
        }
    }
}

/// Runs our own code where a panic of it, or below it, must not go further (I4).
pub(super) fn barrier<T>(action: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(action))
        .unwrap_or_else(|payload| Err(Fault::internal(panic::take(payload).message)))
}

impl<F, P: FnMut()> Drop for Guard<F, P> {
    fn drop(&mut self) {
        let _ = self.discard();
    }
}
