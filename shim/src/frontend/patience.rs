//! How long a client may send nothing of a body.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::invocation::BodyError;

/// Polls an [`Incoming`] and gives up when nothing arrives for a while.
///
/// Most bodies are there, or nearly there, when they are asked for, so the timer is made late: the
/// first wait only yields once (hyper starts to read a body when it is first polled, and needs that
/// turn anyway). Later frames move a deadline, not the timer; the timer follows when it fires.
pub(super) struct Patience {
    timeout: Duration,
    /// Makes timers work on threads that do not belong to the host's runtime; `None`: it is
    /// polled on no others.
    runtime: Option<Handle>,
    timer: Option<Pin<Box<Sleep>>>,
    deadline: Option<Instant>,
    yielded: bool,
}

impl Patience {
    pub(super) fn new(timeout: Duration, runtime: Option<Handle>) -> Self {
        Self {
            timeout,
            runtime,
            timer: None,
            deadline: None,
            yielded: false,
        }
    }

    pub(super) fn poll_frame(
        &mut self,
        body: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let taking = Taking::begin();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        taking.end(matches!(polled, Poll::Ready(Some(Ok(_)))) && body.is_end_stream());
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.deadline = None;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                let reason = error.to_string();
                Poll::Ready(Some(Err(BodyError::CutOff { reason })))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if !self.yielded => {
                self.yielded = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => self.poll_deadline(cx).map(|error| Some(Err(error))),
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let deadline = *self
            .deadline
            .get_or_insert_with(|| Instant::now() + self.timeout);
        let runtime = &self.runtime;
        let timer = self.timer.get_or_insert_with(|| {
            let _in_runtime = runtime.as_ref().map(Handle::enter);
            Box::pin(tokio::time::sleep_until(deadline))
        });
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= deadline {
                let seconds = self.timeout.as_secs();
                return Poll::Ready(BodyError::TooSlow { seconds });
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

thread_local! {
    /// Whether this thread is taking a piece of a body, and whom that wakes.
    static TAKING: Cell<Option<Option<Waker>>> = const { Cell::new(None) };
}

/// Keeps a wake-up of a connection's task if it comes of taking a piece of a body, on this thread:
/// whether it does.
///
/// hyper wakes the connection for each piece that is taken, so that it brings the next one. There is
/// none after the last; it would be served once more for nothing.
pub(crate) fn hold_back(connection: &Waker) -> bool {
    let kept = TAKING.try_with(|taking| {
        let woken = taking.take();
        let kept = woken.is_some();
        if kept {
            taking.set(Some(Some(connection.clone())));
        }
        kept
    });
    // At the end of a thread nothing is taken.
    kept.unwrap_or(false)
}

/// A piece of a body is being taken.
struct Taking;

impl Taking {
    fn begin() -> Self {
        TAKING.set(Some(None));
        Self
    }

    /// It was taken; `last`: no other comes.
    fn end(self, last: bool) {
        if last {
            TAKING.set(None);
        }
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if let Some(Some(connection)) = TAKING.take() {
            connection.wake();
        }
    }
}
