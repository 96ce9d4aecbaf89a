//! The runs of a handler: to the end in one call, if the handler does not wait, or as the host polls.
//!
//! What a run uses of the host's it only borrows for the call ([`Lent`]); one that outlives the call
//! counts it ([`Outliving`]).

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use abi_stable::std_types::{ROption, RResult};
use async_ffi::FutureExt;

use crate::bytes::AbiBytes;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::glue::entry::{Entry, EntryError as _, Request, Response};
use crate::glue::export::Loaded;
use crate::glue::guard::{Guard, Guarded, barrier};
use crate::glue::instance::Slot;
use crate::glue::invocation::{Invocation, InvocationRef};
use crate::glue::placement::Placed;
use crate::glue::room::{Housed, Room};
use crate::glue::running::{Running, cancel_handle};
use crate::glue::scope::Thread;
use crate::glue::{head, reply, runtime};
use crate::stream::{AbiStream, quietly};
use crate::types::{
    AbiCall, AbiReply, AbiRequest, AbiRun, FLAG_BLOCKING, FLAG_STATELESS, PLACE_INLINE,
    PLACE_RUNTIME, RawHandler, RawInstance,
};

/// # Safety
/// (I7) `handler` comes from `init::<E>` and was not released; `instance` comes from its `start`
/// and was not stopped, or is null for a stateless handler.
pub(super) unsafe extern "C" fn run<E: Entry>(
    handler: RawHandler,
    instance: RawInstance,
    request: AbiRequest,
) -> AbiRun {
    // SAFETY: the caller's promise; counted below, within the call.
    let lent = unsafe { Lent::<E>::new(handler, instance) };
    // SAFETY: (I7) the call lasts.
    let function = unsafe { lent.loaded() }.function;
    let fields = Fields::new(request.fields);
    let invocation = Arc::new(Invocation::new(function, fields, request.deadline_unix_ms));
    let place = request.place;
    let payload = (request.body, request.stream);
    let mut guard = begin(lent, invocation, payload, None);
    if place == PLACE_INLINE {
        guard.first_poll_untimed();
    }
    go_on(lent, guard, place)
}

/// # Safety
/// (I7) as for `run`.
pub(super) unsafe extern "C" fn run_inline<E: Entry>(
    handler: RawHandler,
    instance: RawInstance,
    call: &mut AbiCall<'_>,
) -> RResult<AbiReply, AbiRun> {
    // SAFETY: the caller's promise; what goes on is counted below, within the call.
    let lent = unsafe { Lent::<E>::new(handler, instance) };
    // SAFETY: (I7) the call lasts.
    let function = unsafe { lent.loaded() }.function;
    let payload = (
        std::mem::replace(&mut call.body, AbiBytes::empty()),
        std::mem::replace(&mut call.stream, ROption::RNone),
    );
    Thread::with(|thread| {
        let invocation = thread.invocation(function, &call.fields, call.deadline_unix_ms);
        let mut guard = begin(lent, invocation, payload, thread.room.take());
        let polled = barrier(|| {
            thread.enter_for_good(runtime::plugin()?);
            let to = Arc::as_ptr(guard.invocation());
            let (polled, unread) = thread.lend(call, to, || guard.poll_inline(thread));
            Ok(match polled {
                Poll::Ready(done) => Some(reply::reply(done, guard.invocation())),
                Poll::Pending => {
                    if unread {
                        let _ = guard.invocation().kept_head.set(head::copy(call));
                    }
                    None
                }
            })
        });
        match polled {
            Ok(Some(reply)) => {
                thread.keep(guard.into_invocation());
                RResult::ROk(reply)
            }
            Ok(None) => RResult::RErr(go_on(lent, guard, PLACE_RUNTIME)),
            Err(fault) => RResult::ROk(reply::error(&fault, 0)),
        }
    })
}

/// Puts the handler's work for an invocation behind the barrier. The guard must not outlive what is
/// lent.
fn begin<E: Entry>(
    lent: Lent<E>,
    invocation: Arc<Invocation>,
    (body, stream): (AbiBytes, ROption<AbiStream>),
    room: Option<Room>,
) -> Guard<impl Future<Output = Result<Response, Fault>> + Send + use<E>, impl FnMut() + use<E>> {
    let input = Request {
        // SAFETY: (I9) the guard counts the invocation, and drops the work before it.
        invocation: unsafe { InvocationRef::detached(&invocation) },
        body,
        stream: stream.into(),
    };
    let work = move || async move {
        // SAFETY: (I7) the guard drops the work before what is lent goes.
        let handler = unsafe { &lent.loaded().handler };
        // SAFETY: (I7) as above.
        let output = match unsafe { lent.slot() } {
            Some(slot) => slot.run(handler, input).await,
            None => match E::stateless() {
                Some(mut instance) => handler.run(Ok(&mut instance), input).await,
                None => Err(E::Error::from_fault(Fault::internal(
                    "run without an instance",
                ))),
            },
        };
        output.map_err(|error| error.fault())
    };
    let on_panic = move || {
        // SAFETY: (I7) of the guard, too.
        if let Some(slot) = unsafe { lent.slot() } {
            slot.mark_panicked();
        }
    };
    Guard::of(Housed::new(room, work), invocation, on_panic)
}

/// A run that is not done when the call is, at `place`.
fn go_on<E, F, P>(lent: Lent<E>, guard: Guard<F, P>, place: u32) -> AbiRun
where
    E: Entry,
    F: Future<Output = Result<Response, Fault>> + Send + 'static,
    P: FnMut() + Unpin + Send + 'static,
{
    let invocation = guard.invocation().clone();
    let cancel = cancel_handle(invocation.clone());
    let run = Outliving {
        guard,
        _counted: lent.count(),
    };
    let placed = Placed::new(run, place, E::FLAGS & FLAG_BLOCKING != 0);
    AbiRun {
        future: Running::new(placed, invocation).into_ffi(),
        cancel,
    }
}

/// What the host keeps alive for the call, and longer for who has counted it.
struct Lent<E: Entry> {
    loaded: NonNull<Loaded<E>>,
    slot: Option<NonNull<Slot<E>>>,
}

// SAFETY: (I7) shared references to `Send + Sync` values.
unsafe impl<E: Entry> Send for Lent<E> {}

impl<E: Entry> Clone for Lent<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: Entry> Copy for Lent<E> {}

impl<E: Entry> Lent<E> {
    /// # Safety
    /// (I7) as for `run`. Who uses it after the call keeps what [`count`](Self::count) returned in
    /// it.
    unsafe fn new(handler: RawHandler, instance: RawInstance) -> Self {
        let slot = match E::FLAGS & FLAG_STATELESS {
            0 => NonNull::new(instance.0.cast()),
            _ => None,
        };
        // SAFETY: the caller's promise: `init` returned no null.
        let loaded = unsafe { NonNull::new_unchecked(handler.0.cast()) };
        Self { loaded, slot }
    }

    /// # Safety
    /// (I7) the call lasts, or what `count` returned is there.
    unsafe fn loaded<'a>(self) -> &'a Loaded<E> {
        // SAFETY: the caller's promise.
        unsafe { self.loaded.as_ref() }
    }

    /// # Safety
    /// (I7) as for `loaded`.
    unsafe fn slot<'a>(self) -> Option<&'a Slot<E>> {
        // SAFETY: the caller's promise.
        self.slot.map(|slot| unsafe { slot.as_ref() })
    }

    /// Counts what was lent; within the call.
    fn count(self) -> Counted<E> {
        let slot = self.slot.map(|slot| {
            // SAFETY: (I7) both come from `Arc::into_raw`, and the host's own count is there still.
            unsafe { Arc::increment_strong_count(slot.as_ptr()) };
            // SAFETY: as above; the count just added is the one that is taken here.
            unsafe { Arc::from_raw(slot.as_ptr().cast_const()) }
        });
        // SAFETY: as above.
        unsafe { Arc::increment_strong_count(self.loaded.as_ptr()) };
        // SAFETY: as above.
        let loaded = unsafe { Arc::from_raw(self.loaded.as_ptr().cast_const()) };
        Counted {
            slot,
            loaded: Some(loaded),
        }
    }
}

/// Counts of what a run uses.
struct Counted<E: Entry> {
    slot: Option<Arc<Slot<E>>>,
    loaded: Option<Arc<Loaded<E>>>,
}

impl<E: Entry> Drop for Counted<E> {
    fn drop(&mut self) {
        // They may be the last ones.
        quietly(|| drop(self.slot.take()));
        quietly(|| drop(self.loaded.take()));
    }
}

/// A run with counts of what it uses, which go after it.
struct Outliving<E: Entry, F, P: FnMut()> {
    guard: Guard<F, P>,
    _counted: Counted<E>,
}

impl<E, F, P> Future for Outliving<E, F, P>
where
    E: Entry,
    F: Future,
    P: FnMut() + Unpin,
{
    type Output = Guarded<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.guard).poll(cx)
    }
}
