//! Which invocation a thread is working for, for logs and panics.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use crate::glue::invocation::Invocation;

thread_local! {
    /// Borrowed from a caller of `within` (I9); null: none. A count for each run would cost more
    /// than all else that is done here.
    static CURRENT: Cell<*const Invocation> = const { Cell::new(ptr::null()) };
}

/// Works for `invocation`; such work nests.
pub fn within<T>(invocation: &Arc<Invocation>, work: impl FnOnce() -> T) -> T {
    struct Restore(*const Invocation);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = CURRENT.try_with(|current| current.set(self.0));
        }
    }
    // At the end of a thread the slot may be gone already.
    let outer = CURRENT.try_with(|current| current.replace(Arc::as_ptr(invocation)));
    let _restore = Restore(outer.unwrap_or(ptr::null()));
    work()
}

/// The invocation that the thread works for, if any.
pub fn current() -> Option<Arc<Invocation>> {
    let current = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
    if current.is_null() {
        return None;
    }
    // SAFETY: (I9) it comes from an `Arc` that is borrowed until `within` returns, on this thread.
    unsafe { Arc::increment_strong_count(current) };
    // SAFETY: as above; the count just added is the one that is taken here.
    Some(unsafe { Arc::from_raw(current) })
}

/// Whether the thread works for any.
pub fn is_any() -> bool {
    CURRENT
        .try_with(|current| !current.get().is_null())
        .unwrap_or(false)
}
