//! Drives a future on a thread where it may block.
//!
//! Not by tokio's `block_on`: a thread inside of that must not block on another runtime, and that
//! is what blocking clients do (`reqwest::blocking`, `Handle::block_on`). Here the thread only
//! knows the plugin's runtime, whose own threads drive timers and sockets.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::signal::Signal;

/// Waits for `future` on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    parked(|cx| future.as_mut().poll(cx))
}

/// Runs `future` to its end. `None`: `end` was given before; the future is dropped at its `await`
/// then, as tasks are when their runtime ends.
pub(super) fn run<F: Future + Unpin>(mut future: F, end: &'static Signal) -> Option<F::Output> {
    let mut end = pin!(end.wait());
    parked(|cx| match Pin::new(&mut future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
}

/// Polls until there is a result; the thread sleeps in between.
fn parked<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let wake_up = Arc::new(WakeUp {
        thread: thread::current(),
        called: AtomicBool::new(false),
    });
    let waker = Waker::from(wake_up.clone());
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(result) = poll(&mut cx) {
            return result;
        }
        while !wake_up.called.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// The waker of a parked thread. Its own mark keeps it apart from the author's use of `park`.
struct WakeUp {
    thread: Thread,
    called: AtomicBool,
}

impl Wake for WakeUp {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.called.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
