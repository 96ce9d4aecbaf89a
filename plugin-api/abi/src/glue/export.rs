//! The `extern "C"` functions over any [`Entry`], and the header that exports them.
//!
//! Nothing unwinds out of here (I4): the author's code runs behind [`Guard`](crate::glue::guard::Guard), and ours behind
//! a barrier wherever it could panic at all.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use abi_stable::library::{CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{ROption, RResult, RVec};
use async_ffi::{FfiFuture, FutureExt};

use crate::fields::{Fields, FieldsWriter};
use crate::glue::entry::{Entry, EntryError as _};
use crate::glue::guard::barrier;
use crate::glue::instance::{Slot, Started};
use crate::glue::invocation::{Function, Invocation};
use crate::glue::running::lifecycle;
use crate::glue::{run, runtime};
use crate::stream::quietly;
use crate::types::{
    AbiError, AbiStarted, HandlerMod, HandlerModRef, HostApiRef, RawHandler, RawInstance,
};

/// The header that a plugin exports for a handler under `shim_handler__NAME`.
pub const fn header<E: Entry>() -> LibHeader {
    // SAFETY: (I3) `construct` returns a `HandlerModRef`.
    unsafe { LibHeader::from_constructor::<HandlerModRef>(construct::<E>, CheckTypeLayout::Yes) }
}

extern "C" fn construct<E: Entry>() -> RootModuleResult {
    let module = HandlerMod {
        flags: E::FLAGS,
        attach,
        init: init::<E>,
        start: start::<E>,
        run: run::run::<E>,
        stop: stop::<E>,
        release: release::<E>,
        describe: describe::<E>,
        shutdown,
        run_inline: run::run_inline::<E>,
    };
    let module = module.leak_into_prefix().to_prefix_ref();
    // SAFETY: (I3) the host casts back to `HandlerModRef`, whose layout it has checked.
    RResult::ROk(unsafe { module.cast::<ErasedPrefix>() })
}

/// What a `RawHandler` points to.
pub(super) struct Loaded<E> {
    pub(super) handler: E,
    pub(super) function: &'static Function,
}

extern "C" fn attach(host: HostApiRef, fields: RVec<u8>) -> RResult<(), AbiError> {
    let setup = runtime::Setup::from_fields(&Fields::new(fields));
    barrier(|| runtime::attach(Some(host), setup))
        .map_err(|fault| AbiError::from(&fault))
        .into()
}

extern "C" fn shutdown(millis: u64) {
    quietly(|| runtime::shutdown(Duration::from_millis(millis)));
}

extern "C" fn describe<E: Entry>() -> RVec<u8> {
    let mut fields = FieldsWriter::default();
    for describe in E::DESCRIBE {
        // What panics says nothing, and does not keep the others from what they say.
        quietly(|| describe(&mut fields));
    }
    fields.finish()
}

extern "C" fn init<E: Entry>(function: RVec<u8>) -> FfiFuture<RResult<RawHandler, AbiError>> {
    // Leaked: one small value each time a function is loaded, which every run would have to count.
    let function: &'static Function =
        Box::leak(Box::new(Function::from_fields(&Fields::new(function))));
    if let Some(handler) = E::without_init() {
        let raw = raw_handler(Loaded { handler, function });
        return std::future::ready(RResult::ROk(raw)).into_ffi();
    }
    let scope = Arc::new(Invocation::new(function, Fields::default(), 0));
    let made = lifecycle(scope, async move {
        let handler = E::init(function).await.map_err(|error| error.fault())?;
        Ok(Loaded { handler, function })
    });
    async move {
        match made.await {
            Ok(loaded) => RResult::ROk(raw_handler(loaded)),
            Err(fault) => RResult::RErr(AbiError::from(&fault)),
        }
    }
    .into_ffi()
}

/// Gives the host its count of what a `RawHandler` points to; `release` takes it back.
fn raw_handler<E: Entry>(loaded: Loaded<E>) -> RawHandler {
    RawHandler(Arc::into_raw(Arc::new(loaded)) as *mut c_void)
}

/// Borrows what a `RawHandler` points to as a counted reference of its own.
///
/// # Safety
/// `handler` comes from `init::<E>` of this plugin and `release` was not called on it (I7).
unsafe fn loaded<E: Entry>(handler: RawHandler) -> Arc<Loaded<E>> {
    let pointer = handler.0.cast_const().cast::<Loaded<E>>();
    // SAFETY: the caller's promise: the host's own count keeps it alive.
    unsafe { Arc::increment_strong_count(pointer) };
    // SAFETY: as above; the count just added is the one that is taken here.
    unsafe { Arc::from_raw(pointer) }
}

/// # Safety
/// (I7) `handler` comes from `init::<E>` and was not released.
unsafe extern "C" fn start<E: Entry>(
    handler: RawHandler,
    fields: RVec<u8>,
) -> FfiFuture<AbiStarted> {
    // SAFETY: the caller's promise.
    let loaded = unsafe { loaded::<E>(handler) };
    let scope = Arc::new(Invocation::new(loaded.function, Fields::new(fields), 0));
    let made = lifecycle(scope, async move { Ok(loaded.handler.start().await) });
    async move {
        let (started, failed) = match made.await {
            Ok(Ok(instance)) => (Started::<E>::Instance(instance), ROption::RNone),
            Ok(Err(error)) => {
                // The error itself goes to `run`; the host logs a copy of what callers would see.
                let copy = AbiError::from(&error.fault());
                (Started::Failed(Some(error)), ROption::RSome(copy))
            }
            Err(fault) => {
                let copy = AbiError::from(&fault);
                (
                    Started::Failed(Some(E::Error::from_fault(fault))),
                    ROption::RSome(copy),
                )
            }
        };
        let instance = RawInstance(Arc::into_raw(Slot::new(started)) as *mut c_void);
        AbiStarted { instance, failed }
    }
    .into_ffi()
}

/// # Safety
/// (I7) `handler` comes from `init::<E>` and was not released; `instance` comes from its `start`
/// and is not used again.
unsafe extern "C" fn stop<E: Entry>(
    handler: RawHandler,
    instance: RawInstance,
    fields: RVec<u8>,
) -> FfiFuture<RResult<(), AbiError>> {
    // SAFETY: the caller's promise.
    let loaded = unsafe { loaded::<E>(handler) };
    // SAFETY: the caller's promise: this takes over the count that `start` gave to the host.
    let slot = unsafe { Arc::from_raw(instance.0.cast_const().cast::<Slot<E>>()) };
    let scope = Arc::new(Invocation::new(loaded.function, Fields::new(fields), 0));
    let done = lifecycle(scope, async move {
        match slot.take().await {
            Some(instance) => loaded
                .handler
                .stop(instance)
                .await
                .map_err(|error| error.fault()),
            None => Ok(()),
        }
    });
    async move { done.await.map_err(|fault| AbiError::from(&fault)).into() }.into_ffi()
}

/// # Safety
/// (I7) `handler` comes from `init::<E>` and is not used again.
unsafe extern "C" fn release<E: Entry>(handler: RawHandler) {
    // SAFETY: the caller's promise: this takes over the count that `init` gave to the host.
    let loaded = unsafe { Arc::from_raw(handler.0.cast_const().cast::<Loaded<E>>()) };
    quietly(|| {
        // A client that the author keeps in it may want the runtime to say goodbye.
        let _entered = runtime::plugin().map(|plugin| plugin.handle.enter());
        drop(loaded);
    });
}
