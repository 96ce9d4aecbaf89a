//! Wake-ups of a connection's task.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use crate::frontend::hold_back;

/// The waker of the task that serves a connection, as hyper gets it. A wake-up that comes while a
/// request's body is asked for its next piece waits for [what comes of it](hold_back).
#[derive(Debug, Default)]
pub(super) struct Filtered(Option<(Waker, Waker)>);

impl Filtered {
    /// Runs `poll` with the filtered waker of the task that `cx` belongs to; with the task's own as
    /// long as no request had a body (`bodies`), for then there is nothing to filter.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        bodies: bool,
        poll: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
        if !bodies {
            return poll(cx);
        }
        let known = self.0.take().filter(|(task, _)| task.will_wake(cx.waker()));
        let (_, filtered) = self.0.insert(known.unwrap_or_else(|| {
            let task = cx.waker().clone();
            (task.clone(), Arc::new(Filter(task)).into())
        }));
        poll(&mut Context::from_waker(filtered))
    }
}

struct Filter(Waker);

impl Wake for Filter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !hold_back(&self.0) {
            self.0.wake_by_ref();
        }
    }
}
