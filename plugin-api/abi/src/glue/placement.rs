//! Where a run executes: the host decides, the plugin carries it out.
//!
//! `PLACE_INLINE` polls once on the calling thread, with the plugin's runtime entered: a handler
//! that is ready at once makes no thread hop at all. One that is not moves to the plugin's own
//! runtime, where its timers and sockets wake it without leaving the plugin. `PLACE_RUNTIME` starts
//! there. `PLACE_THREAD` gives the run a thread, where it may block or compute for long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use super::own_thread;
use super::runtime::Plugin;
use super::scope::Thread;
use super::signal::Wait;
use crate::types::{PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD};

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
    Elsewhere(Elsewhere<F::Output>),
}

/// A run that others drive.
pub struct Elsewhere<T> {
    task: JoinHandle<Option<T>>,
    closed: Wait,
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

    /// Polls the run. `None`: it was lost, because the plugin's runtime has ended.
    pub fn poll(
        &mut self,
        plugin: &'static Plugin,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        if let Self::Fresh {
            future,
            place,
            blocking,
        } = self
        {
            let Some(mut future) = future.take() else {
                return Poll::Ready(None);
            };
            let mut place = *place;
            if place == PLACE_INLINE {
                Thread::with(|thread| thread.enter_for_good(plugin));
                if let Poll::Ready(output) = Pin::new(&mut future).poll(cx) {
                    return Poll::Ready(Some(output));
                }
                place = PLACE_RUNTIME;
            }
            let task = if *blocking || place == PLACE_THREAD {
                plugin
                    .handle
                    .spawn_blocking(|| own_thread::run(future, &plugin.closing))
            } else {
                plugin.handle.spawn(async { Some(future.await) })
            };
            *self = Self::Elsewhere(Elsewhere {
                task,
                closed: plugin.closed.wait(),
            });
        }
        let Self::Elsewhere(run) = self else {
            return Poll::Ready(None);
        };
        match Pin::new(&mut run.task).poll(cx) {
            Poll::Ready(done) => Poll::Ready(done.ok().flatten()),
            // A thread that does not come back outlives the runtime; nobody should wait for it.
            Poll::Pending => Pin::new(&mut run.closed).poll(cx).map(|()| None),
        }
    }
}

impl<F: Future> Drop for Placed<F> {
    fn drop(&mut self) {
        if let Self::Elsewhere(run) = self {
            run.task.abort();
        }
    }
}
