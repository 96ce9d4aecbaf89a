//! What a thread works for, for logs and panics, and what it keeps for its next run.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use crate::fields::Fields;
use crate::glue::invocation::{Function, Invocation};
use crate::glue::room::Room;
use crate::glue::runtime::Plugin;
use crate::types::{AbiCall, KIND_HTTP};

/// The most that the context of an invocation may take to be kept for the next one, in bytes.
const KEPT_FIELDS: usize = 4096;

const NOTHING_LENT: (*const Invocation, *const AbiCall<'static>) = (ptr::null(), ptr::null());

/// What is known of a thread.
pub(super) struct Thread {
    /// The invocation that it works for, borrowed from a caller of `within` (I9); null: none. A count
    /// for each run would cost more than all else that is done here.
    run: Cell<*const Invocation>,
    /// Whose head is lent to which invocation, as long as that has not read it (I9); null: none.
    lent: Cell<(*const Invocation, *const AbiCall<'static>)>,
    /// Whether it is in the plugin's runtime for good.
    entered: Cell<bool>,
    /// For the next run.
    pub(super) room: Cell<Option<Room>>,
    /// For the next run.
    invocation: Cell<Option<Arc<Invocation>>>,
}

thread_local! {
    static THREAD: Thread = const { Thread::new() };
}

impl Thread {
    const fn new() -> Self {
        Self {
            run: Cell::new(ptr::null()),
            lent: Cell::new(NOTHING_LENT),
            entered: Cell::new(false),
            room: Cell::new(None),
            invocation: Cell::new(None),
        }
    }

    /// Works with what is known of the calling thread.
    pub(super) fn with<T>(work: impl FnOnce(&Self) -> T) -> T {
        match THREAD.try_with(ptr::from_ref) {
            // SAFETY: (I9) it is there as long as the thread, which cannot end before `work` does.
            Ok(thread) => work(unsafe { &*thread }),
            // At the end of a thread there may be nothing any more.
            Err(_) => work(&Self::new()),
        }
    }

    /// Works for `invocation`; such work nests.
    pub(super) fn within<T>(&self, invocation: &Arc<Invocation>, work: impl FnOnce() -> T) -> T {
        let outer = self.run.replace(Arc::as_ptr(invocation));
        let _restore = Restore(&self.run, outer);
        work()
    }

    /// Lends the head of `call` to `invocation` while `work` lasts. Also says whether it was left
    /// unread.
    pub(super) fn lend<T>(
        &self,
        call: &AbiCall<'_>,
        invocation: *const Invocation,
        work: impl FnOnce() -> T,
    ) -> (T, bool) {
        let lent = match call.kind {
            KIND_HTTP => (invocation, ptr::from_ref(call).cast()),
            _ => NOTHING_LENT,
        };
        let restore = Restore(&self.lent, self.lent.replace(lent));
        let done = work();
        let unread = !self.lent.get().1.is_null();
        drop(restore);
        (done, unread)
    }

    /// Enters the plugin's runtime on a thread of the host's, which has no other use for the plugin's
    /// copy of tokio: once for the life of the thread, since entering counts references that all
    /// threads share.
    pub(super) fn enter_for_good(&self, plugin: &'static Plugin) {
        if !self.entered.replace(true) {
            std::mem::forget(plugin.handle.enter());
        }
    }

    /// A new run.
    pub(super) fn invocation(
        &self,
        function: &'static Function,
        fields: &[u8],
        deadline_unix_ms: u64,
    ) -> Arc<Invocation> {
        let mut kept = self.invocation.take();
        match kept.as_mut().and_then(Arc::get_mut) {
            Some(fresh) => fresh.renew(function, fields, deadline_unix_ms),
            // There is none, or somebody has it still.
            None => kept = None,
        }
        kept.unwrap_or_else(|| {
            let mut list = Fields::default();
            list.refill(fields);
            Arc::new(Invocation::new(function, list, deadline_unix_ms))
        })
    }

    /// Keeps a run that is done, for the room that it has, unless it has gathered something.
    pub(super) fn keep(&self, invocation: Arc<Invocation>) {
        if invocation.fields.capacity() <= KEPT_FIELDS && invocation.is_plain() {
            self.invocation.set(Some(invocation));
        }
    }
}

/// Puts back what there was.
struct Restore<'a, T: Copy>(&'a Cell<T>, T);

impl<T: Copy> Drop for Restore<'_, T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Works for `invocation`; such work nests.
pub fn within<T>(invocation: &Arc<Invocation>, work: impl FnOnce() -> T) -> T {
    Thread::with(|thread| thread.within(invocation, work))
}

/// The invocation that the thread works for, if any.
pub fn current() -> Option<Arc<Invocation>> {
    let current = Thread::with(|thread| thread.run.get());
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
    Thread::with(|thread| !thread.run.get().is_null())
}

/// Reads the call that is lent to `run` on this thread, once.
pub(super) fn read_lent<T>(
    run: *const Invocation,
    read: impl FnOnce(Option<&AbiCall<'_>>) -> T,
) -> T {
    let call = Thread::with(|thread| match thread.lent.get() {
        (to, call) if ptr::eq(to, run) => {
            thread.lent.set(NOTHING_LENT);
            call
        }
        _ => ptr::null(),
    });
    // SAFETY: (I9) null, or it is borrowed until `lend` returns, on this thread, which puts it back
    // before; `read` cannot keep it.
    read(unsafe { call.as_ref() })
}
