//! A signal that is given once and reaches everybody who waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// A signal, not given at first.
pub(super) struct Signal {
    given: AtomicBool,
    notify: Notify,
}

impl Signal {
    pub(super) const fn new() -> Self {
        Self {
            given: AtomicBool::new(false),
            notify: Notify::const_new(),
        }
    }

    /// Gives the signal.
    pub(super) fn give(&self) {
        self.given.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }

    /// Ready once the signal was given.
    pub(super) fn wait(&'static self) -> Wait {
        Wait {
            signal: self,
            notified: None,
        }
    }
}

/// Waits for a [`Signal`]. Costs nothing before it is polled.
pub(super) struct Wait {
    signal: &'static Signal,
    notified: Option<Pin<Box<Notified<'static>>>>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let signal = self.signal;
        if signal.given.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        let notified = self
            .notified
            .get_or_insert_with(|| Box::pin(signal.notify.notified()));
        // Given between the look and the registration: nobody would wake us any more.
        if notified.as_mut().poll(cx).is_ready() || signal.given.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::Signal;

    #[test]
    fn it_reaches_who_waits_and_who_comes_late() {
        static SIGNAL: Signal = Signal::new();
        let mut cx = Context::from_waker(Waker::noop());
        let mut early = pin!(SIGNAL.wait());
        assert!(early.as_mut().poll(&mut cx).is_pending());
        SIGNAL.give();
        assert!(early.as_mut().poll(&mut cx).is_ready());
        assert!(pin!(SIGNAL.wait()).poll(&mut cx).is_ready());
    }
}
