//! The engine of one invocation at a time: an instance that runs on the calling thread.
//!
//! What AWS Lambda wants of an execution environment. There is nobody whom a handler that holds its
//! thread could stall, and nobody but Lambda ends an invocation that takes too long; so there is no
//! placement, no limit and no runtime of the host's.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::SystemTime;

use bytes::Bytes;
use http_body::Body as _;

use crate::invocation::{Accepts, Answer, Body, BodyError, FunctionError, Invocation};
use crate::plugin::{Begun, Handler, Instance};

/// One instance of a handler, started when it is needed.
#[derive(Debug)]
pub struct Solo {
    handler: Handler,
    instance: Option<Instance>,
    /// The instance holds the error of its start, for one run.
    failed: bool,
}

impl Solo {
    /// An engine without an instance yet.
    pub fn new(handler: Handler) -> Self {
        Self {
            handler,
            instance: None,
            failed: false,
        }
    }

    /// What the handler takes.
    pub fn accepts(&self) -> Accepts {
        self.handler.accepts()
    }

    /// Makes the instance, unless there is one or the handler needs none. The error of a start that
    /// failed is returned for the log; the next [`run`](Self::run) gets it as well.
    pub fn start(&mut self) -> Option<FunctionError> {
        self.start_for(None)
    }

    fn start_for(&mut self, invocation: Option<&Invocation>) -> Option<FunctionError> {
        if self.instance.is_some() || self.handler.is_stateless() {
            return None;
        }
        let id = invocation.map(|invocation| &invocation.id);
        let started = block_on(self.handler.start(id));
        self.instance = Some(started.instance);
        self.failed = started.failed.is_some();
        started.failed
    }

    /// Runs an invocation to the end of its handler, blocking the calling thread. A streamed answer
    /// is pulled with [`next_chunk`], before the next run.
    ///
    /// # Errors
    /// The function's own. An instance that panicked is gone, one that could not be started too:
    /// the next run starts a new one.
    pub fn run(
        &mut self,
        mut invocation: Invocation,
        deadline: Option<SystemTime>,
    ) -> Result<Answer, FunctionError> {
        if let Some(error) = self.start_for(Some(&invocation)) {
            tracing::error!(
                request_id = &*invocation.id,
                error_type = error.name,
                location = error.location,
                "start failed: {}",
                error.message
            );
        }
        let instance = self.instance.as_ref();
        let deadline = deadline.map(unix_ms);
        let begun = self.handler.run_inline(instance, &mut invocation, deadline);
        let finished = match begun {
            Begun::Done(finished) => finished,
            Begun::GoesOn(run) => block_on(run),
        };
        if self.failed || !finished.instance_is_sound() {
            self.stop();
        }
        finished.result.map_err(|error| *error)
    }

    /// Ends the instance, if there is one; what `stop` failed with is logged.
    pub fn stop(&mut self) {
        self.failed = false;
        if let Some(instance) = self.instance.take()
            && let Err(error) = block_on(self.handler.stop(instance))
        {
            tracing::error!(
                error_type = error.name,
                location = error.location,
                "stop failed: {}",
                error.message
            );
        }
    }
}

fn unix_ms(at: SystemTime) -> u64 {
    let since_1970 = at.duration_since(SystemTime::UNIX_EPOCH);
    since_1970.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Waits for the next piece of a body; `None` at its end. Blocks the calling thread.
///
/// # Errors
/// The stream failed.
pub fn next_chunk(body: &mut Body) -> Option<Result<Bytes, BodyError>> {
    loop {
        let frame = block_on(poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)))?;
        match frame.map(http_body::Frame::into_data) {
            // Trailers have no place in what Lambda passes on.
            Ok(Err(_)) => {}
            Ok(Ok(data)) => return Some(Ok(data)),
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Drives a future on the calling thread, which sleeps while the future waits.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.wake_by_ref();
        }
        fn wake_by_ref(self: &Arc<Self>) {
            self.0.unpark();
        }
    }
    thread_local! {
        static WAKER: Waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    }
    let mut future = pin!(future);
    let waker = WAKER.with(Waker::clone);
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
