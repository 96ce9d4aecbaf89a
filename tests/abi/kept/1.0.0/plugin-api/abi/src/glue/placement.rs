//! Where a run executes: the host decides, the plugin carries it out.
//!
//! `PLACE_INLINE` polls once on the calling thread, with the plugin's runtime entered: a handler
//! that is ready at once makes no thread hop at all. One that is not moves to the plugin's own
//! runtime, where its timers and sockets wake it without leaving the plugin. `PLACE_RUNTIME` starts
//! there. `PLACE_THREAD` gives the run a thread, where it may block or compute for long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::types::{PLACE_INLINE, PLACE_THREAD};

/// A run that executes at its place.
pub enum Placed<F: Future> {
    /// Not yet begun.
    Fresh {
        /// The run; taken when it begins.
        future: Option<F>,
        /// Where to begin.
        place: u32,
        /// Whether one poll takes it to its end.
        blocking: bool,
    },
    /// On the plugin's runtime or a thread of its own.
    Elsewhere(JoinHandle<F::Output>),
}

impl<F> Placed<F>
where
    F: Future + Send + Unpin + 'static,
    F::Output: Send + 'static,
{
    /// A run that will begin at `place`. `blocking`: a plain `fn`, done in one poll.
    pub fn new(future: F, place: u32, blocking: bool) -> Self {
        Self::Fresh {
            future: Some(future),
            place,
            blocking,
        }
    }

    /// Polls the run. `None`: the task was lost (the runtime is shutting down).
    pub fn poll(&mut self, handle: &Handle, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if let Self::Fresh {
            future,
            place,
            blocking,
        } = self
        {
            let Some(mut future) = future.take() else {
                return Poll::Ready(None);
            };
            let mut elsewhere = *place;
            if *place == PLACE_INLINE {
                let _entered = handle.enter();
                if let Poll::Ready(output) = Pin::new(&mut future).poll(cx) {
                    return Poll::Ready(Some(output));
                }
                elsewhere = crate::types::PLACE_RUNTIME;
            }
            let task = if *blocking {
                handle.spawn_blocking(move || poll_once(future))
            } else if elsewhere == PLACE_THREAD {
                let on_thread = handle.clone();
                handle.spawn_blocking(move || on_thread.block_on(future))
            } else {
                handle.spawn(future)
            };
            *self = Self::Elsewhere(task);
        }
        match self {
            Self::Elsewhere(task) => Pin::new(task).poll(cx).map(Result::ok),
            Self::Fresh { .. } => Poll::Ready(None),
        }
    }
}

/// Runs a plain `fn` without entering tokio's `block_on`, so that blocking clients, which start a
/// runtime of their own, work in it.
fn poll_once<F: Future + Unpin>(mut future: F) -> F::Output {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut cx) {
            return output;
        }
        std::thread::yield_now();
    }
}

impl<F: Future> Drop for Placed<F> {
    fn drop(&mut self) {
        if let Self::Elsewhere(task) = self {
            task.abort();
        }
    }
}
