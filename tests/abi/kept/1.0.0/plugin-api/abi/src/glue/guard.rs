//! The barrier around the author's code: catches panics, measures polls, obeys the cancel signal.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::fault::Fault;
use crate::glue::invocation::Invocation;
use crate::glue::room::Housed;
use crate::glue::scope::Thread;
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
    future: Option<Housed<F>>,
    invocation: Arc<Invocation>,
    on_panic: P,
    longest_poll_ns: u64,
    timed: bool,
}

impl<F: Future, P: FnMut()> Guard<F, P> {
    /// Puts `future`, which works for `invocation`, behind the barrier.
    pub fn new(future: F, invocation: Arc<Invocation>, on_panic: P) -> Self {
        Self::of(Housed::Box(Box::pin(future)), invocation, on_panic)
    }

    /// The same for one that is where it stays.
    pub(super) fn of(future: Housed<F>, invocation: Arc<Invocation>, on_panic: P) -> Self {
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

    /// The run for which it works.
    pub(super) fn invocation(&self) -> &Arc<Invocation> {
        &self.invocation
    }

    fn cancelled(&mut self) -> Poll<Guarded<F::Output>> {
        self.discard();
        Poll::Ready(Guarded {
            value: Err(Fault::cancelled()),
            longest_poll_ns: self.longest_poll_ns,
        })
    }
}

impl<F, P: FnMut()> Guard<F, P> {
    /// Drops the future where a destructor's panic does no harm but to the run.
    fn discard(&mut self) {
        let Some(future) = self.future.take() else {
            return;
        };
        let dropped = scope::within(&self.invocation, || {
            catch_unwind(AssertUnwindSafe(|| drop(future)))
        });
        if let Err(payload) = dropped {
            (self.on_panic)();
            // It is not told, nor may a later one be taken for it.
            drop(panic::take(payload));
        }
    }
}

impl<F: Future, P: FnMut()> Guard<F, P> {
    /// The first poll, on a thread that has other things to do if the future is not ready: nobody is
    /// woken, somebody else polls it again at once. Not timed.
    pub(super) fn poll_inline(&mut self, thread: &Thread) -> Poll<Guarded<F::Output>> {
        self.step(thread, &mut Context::from_waker(Waker::noop()))
    }

    /// Lets go of the run, which is done.
    pub(super) fn into_invocation(mut self) -> Arc<Invocation> {
        self.discard();
        let this = ManuallyDrop::new(self);
        // SAFETY: (I11) `this` is not dropped, and nothing of it is used but this.
        let invocation = unsafe { ptr::read(&this.invocation) };
        // SAFETY: (I11) as above. Nothing else there has to be dropped: the future is gone.
        let on_panic = unsafe { ptr::read(&this.on_panic) };
        drop(on_panic);
        invocation
    }

    /// One poll; what is ready is dropped behind the same barrier.
    fn step(&mut self, thread: &Thread, cx: &mut Context<'_>) -> Poll<Guarded<F::Output>> {
        let future = &mut self.future;
        let mut output = None;
        let polled = thread.within(&self.invocation, || {
            catch_unwind(AssertUnwindSafe(|| {
                if let Some(running) = future
                    && let Poll::Ready(value) = running.as_mut().poll(cx)
                {
                    output = Some(value);
                    if let Some(room) = future.take().and_then(Housed::leave) {
                        thread.room.set(Some(room));
                    }
                }
            }))
        });
        let value = match (polled, output) {
            (Ok(()), None) if self.future.is_some() => return Poll::Pending,
            (Ok(()), None) => Err(Fault::internal("polled after its end")),
            (Ok(()), Some(value)) => Ok(value),
            (Err(payload), output) => {
                (self.on_panic)();
                let fault = panic::take(payload);
                self.discard();
                quietly(|| drop(output));
                Err(fault)
            }
        };
        Poll::Ready(Guarded {
            value,
            longest_poll_ns: self.longest_poll_ns,
        })
    }
}

impl<F: Future, P: FnMut() + Unpin> Future for Guard<F, P> {
    type Output = Guarded<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.invocation.is_cancelled() {
            return this.cancelled();
        }
        let started = this.timed.then(Instant::now);
        this.timed = true;
        let polled = Thread::with(|thread| this.step(thread, cx));
        let took = started.map_or(0, |started| started.elapsed().as_nanos());
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        this.longest_poll_ns = this.longest_poll_ns.max(took);
        match polled {
            Poll::Ready(mut done) => {
                done.longest_poll_ns = this.longest_poll_ns;
                Poll::Ready(done)
            }
            Poll::Pending => match this.invocation.poll_cancelled(cx) {
                Poll::Ready(()) => this.cancelled(),
                Poll::Pending => Poll::Pending,
            },
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
        self.discard();
    }
}
