//! What the host polls: runs on their way, and the steps of the lifecycle.

use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::fault::Fault;
use crate::glue::entry::Response;
use crate::glue::guard::{Guard, Guarded, barrier};
use crate::glue::invocation::Invocation;
use crate::glue::placement::Placed;
use crate::glue::{reply, runtime};
use crate::types::{AbiCancel, AbiReply, PLACE_INLINE, PLACE_THREAD};

/// A run on its way. Dropped before its end, it cancels the run.
pub(super) struct Running<F: Future> {
    placed: Placed<F>,
    invocation: Arc<Invocation>,
    done: bool,
}

impl<F: Future> Running<F> {
    pub(super) fn new(placed: Placed<F>, invocation: Arc<Invocation>) -> Self {
        Self {
            placed,
            invocation,
            done: false,
        }
    }
}

impl<F> Future for Running<F>
where
    F: Future<Output = Guarded<Result<Response, Fault>>> + Send + Unpin + 'static,
{
    type Output = AbiReply;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<AbiReply> {
        let this = &mut *self;
        let reply = ready!(behind_barrier(|| {
            let done = ready!(poll_placed(&mut this.placed, cx)?);
            Poll::Ready(Ok(reply::reply(done, &this.invocation)))
        }));
        this.done = reply.is_ok();
        Poll::Ready(reply.unwrap_or_else(|fault| reply::error(&fault, 0)))
    }
}

impl<F: Future> Drop for Running<F> {
    fn drop(&mut self) {
        if !self.done {
            self.invocation.cancel();
        }
    }
}

/// Runs a step of the lifecycle where it may block, behind the barrier: on a thread of its own, or on
/// the calling one if the host says that this may be blocked; what is not done at once has a thread
/// of its own from then on.
pub(super) fn lifecycle<T, F>(
    scope: Arc<Invocation>,
    step: F,
) -> impl Future<Output = Result<T, Fault>> + Send
where
    T: Send + 'static,
    F: Future<Output = Result<T, Fault>> + Send + 'static,
{
    let guard = Guard::new(step, scope, || {});
    let inline = runtime::plugin().is_ok_and(|plugin| plugin.lifecycle_inline);
    let place = if inline { PLACE_INLINE } else { PLACE_THREAD };
    let mut placed = Placed::new(guard, place, true);
    std::future::poll_fn(move |cx| {
        let done = ready!(behind_barrier(|| poll_placed(&mut placed, cx)));
        Poll::Ready(done.and_then(|done| done.value?))
    })
}

fn poll_placed<F>(placed: &mut Placed<F>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Fault>>
where
    F: Future + Send + Unpin + 'static,
    F::Output: Send + 'static,
{
    let plugin = runtime::plugin()?;
    let done = ready!(placed.poll(plugin, cx));
    Poll::Ready(done.ok_or_else(|| Fault::internal("the plugin is shutting down")))
}

/// tokio panics when the system gives it no thread.
fn behind_barrier<T>(poll: impl FnOnce() -> Poll<Result<T, Fault>>) -> Poll<Result<T, Fault>> {
    barrier(|| Ok(poll())).unwrap_or_else(|fault| Poll::Ready(Err(fault)))
}

/// What the host cancels a run with.
pub(super) fn cancel_handle(invocation: Arc<Invocation>) -> AbiCancel {
    unsafe extern "C" fn cancel(target: *const c_void) {
        // SAFETY: (I7) `target` is the `Arc<Invocation>` below, alive until `free`.
        let invocation = unsafe { &*target.cast::<Invocation>() };
        invocation.cancel();
    }
    unsafe extern "C" fn free(target: *mut c_void) {
        // SAFETY: (I7) takes over the count given away below, once.
        drop(unsafe { Arc::from_raw(target.cast_const().cast::<Invocation>()) });
    }
    AbiCancel {
        target: Arc::into_raw(invocation) as *mut c_void,
        cancel,
        free,
    }
}
