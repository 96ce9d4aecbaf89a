//! Which invocation a thread is working for, for logs and panics.

use std::cell::Cell;
use std::sync::Arc;

use crate::glue::invocation::Invocation;

thread_local! {
    static CURRENT: Cell<Option<Arc<Invocation>>> = const { Cell::new(None) };
}

/// Marks the thread until dropped; scopes nest.
pub struct Scope(Option<Arc<Invocation>>);

/// The thread works for `invocation` from now on.
pub fn enter(invocation: &Arc<Invocation>) -> Scope {
    // At the end of a thread the slot may be gone already.
    let outer = CURRENT.try_with(|current| current.replace(Some(invocation.clone())));
    Scope(outer.ok().flatten())
}

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0.take()));
    }
}

/// The invocation that the thread works for, if any.
pub fn current() -> Option<Arc<Invocation>> {
    CURRENT
        .try_with(|current| {
            let invocation = current.take();
            current.set(invocation.clone());
            invocation
        })
        .ok()
        .flatten()
}
