//! One run on its way.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_ffi::FfiFuture;
use plugin_api_abi::types::{AbiCancel, AbiReply, AbiRun};

use super::reply;
use super::request::Spare;
use crate::invocation::{Answer, ErrorKind, FunctionError};

/// A run on its way. Resolves when the handler is really done, also after [`cancel`](Self::cancel).
pub struct Run {
    future: FfiFuture<AbiReply>,
    cancel: AbiCancel,
    /// For the headers of a response.
    spare: Spare,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// The answer, or the function's error.
    pub result: Result<Answer, Box<FunctionError>>,
    /// The longest that the handler held its thread without a pause.
    pub longest_poll: Duration,
}

/// What came of a run that has begun on the calling thread.
pub enum Begun {
    /// It is done.
    Done(Finished),
    /// It goes on elsewhere, or has not begun yet: older plugins begin when they are polled.
    GoesOn(Run),
}

impl Finished {
    pub(super) fn new(reply: AbiReply, spare: Spare) -> Self {
        let longest_poll = Duration::from_nanos(reply.longest_poll_ns);
        Self {
            result: reply::answer(reply, spare),
            longest_poll,
        }
    }

    /// Whether the instance may be used for another run.
    pub fn instance_is_sound(&self) -> bool {
        let damaged = [ErrorKind::Panic, ErrorKind::Cancelled, ErrorKind::Internal];
        !matches!(&self.result, Err(error) if damaged.contains(&error.kind))
    }
}

impl Run {
    /// The run counts what it uses of the handler by itself.
    pub(super) fn new(run: AbiRun, spare: Spare) -> Self {
        Self {
            future: run.future,
            cancel: run.cancel,
            spare,
        }
    }

    /// Asks the handler to end: an async one is dropped at its next `await`, a plain `fn` sees the
    /// signal in its context.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Future for Run {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        let future = Pin::new(&mut self.future);
        // The plugin's barrier lets no panic out; async-ffi would turn one into a panic here.
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(reply)) => Poll::Ready(Finished::new(reply, self.spare.take())),
            Err(_) => {
                let error = reply::broken("the plugin's own barrier failed".to_owned());
                Poll::Ready(Finished {
                    result: Err(error),
                    longest_poll: Duration::ZERO,
                })
            }
        }
    }
}
