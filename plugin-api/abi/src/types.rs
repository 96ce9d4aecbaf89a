//! The structs that cross. All `repr(C)`, all checked by abi_stable when a plugin is loaded.
//!
//! Frozen: a field never moves, changes or goes. Functions are added at the end of [`HandlerMod`]
//! and [`HostApi`], data as new tags in [`crate::fields`]. `docs/abi.md` has the rules; a golden
//! file records every layout.

#![allow(
    missing_docs,
    reason = "abi_stable generates accessors that carry no documentation"
)]

use std::ffi::c_void;

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{ROption, RResult, RSlice, RStr, RVec};
use async_ffi::FfiFuture;

use crate::bytes::AbiBytes;
use crate::stream::AbiStream;

/// A handler's state after `init`: a counted pointer that only the plugin follows (I7).
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawHandler(pub *mut c_void);

// SAFETY: (I7) points to an `Arc` of a `Send + Sync` value; the host only hands it back.
unsafe impl Send for RawHandler {}
// SAFETY: (I7) as above.
unsafe impl Sync for RawHandler {}

/// One instance: a counted pointer that only the plugin follows (I7); null for a stateless handler.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawInstance(pub *mut c_void);

// SAFETY: (I7) points to an `Arc` of a `Send + Sync` slot; the host only hands it back.
unsafe impl Send for RawInstance {}
// SAFETY: (I7) as above.
unsafe impl Sync for RawInstance {}

impl RawInstance {
    /// The instance of a stateless handler.
    pub const NONE: Self = Self(std::ptr::null_mut());
}

/// [`HandlerMod::flags`]: has no instances; `start` and `stop` are never called.
pub const FLAG_STATELESS: u64 = 1;
/// [`HandlerMod::flags`]: a plain `fn`: runs to its end in one poll, cannot be dropped midway.
pub const FLAG_BLOCKING: u64 = 1 << 1;
/// [`HandlerMod::flags`]: takes HTTP requests ([`KIND_HTTP`]); otherwise events ([`KIND_EVENT`]).
pub const FLAG_HTTP: u64 = 1 << 2;
/// [`HandlerMod::flags`]: the event is any bytes; otherwise JSON.
pub const FLAG_BYTES: u64 = 1 << 3;
/// [`HandlerMod::flags`]: the response is any bytes; otherwise JSON.
pub const FLAG_BYTES_RESPONSE: u64 = 1 << 4;

/// [`AbiRequest::kind`], [`AbiReply::kind`]: an event, the response to one.
pub const KIND_EVENT: u32 = 0;
/// [`AbiRequest::kind`], [`AbiReply::kind`]: an HTTP request, an HTTP response.
pub const KIND_HTTP: u32 = 1;
/// [`AbiReply::kind`]: an error; [`AbiReply::error`] says whose.
pub const KIND_ERROR: u32 = 2;

/// [`AbiRequest::place`]: poll once on the calling thread; what is not ready then moves to the
/// plugin's runtime.
pub const PLACE_INLINE: u32 = 0;
/// [`AbiRequest::place`]: run on the plugin's runtime from the start. Unknown places mean this.
pub const PLACE_RUNTIME: u32 = 1;
/// [`AbiRequest::place`]: run on a thread of its own, where it may block.
pub const PLACE_THREAD: u32 = 2;

/// Error kind: the handler returned an error. Unknown kinds mean this.
pub const ERROR_HANDLER: u32 = 0;
/// Error kind: the author's code panicked.
pub const ERROR_PANIC: u32 = 1;
/// Error kind: the event could not be decoded into the handler's type.
pub const ERROR_BAD_EVENT: u32 = 2;
/// Error kind: cancelled before it was done.
pub const ERROR_CANCELLED: u32 = 3;
/// Error kind: the two sides broke their contract.
pub const ERROR_INTERNAL: u32 = 4;

/// One invocation, host to plugin.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiRequest {
    /// `KIND_EVENT` or `KIND_HTTP`.
    pub kind: u32,
    /// Where to run: one of the `PLACE_…` numbers.
    pub place: u32,
    /// The deadline in milliseconds since the Unix epoch; 0: none. The host enforces it.
    pub deadline_unix_ms: u64,
    /// Context and HTTP head, as tagged values.
    pub fields: RVec<u8>,
    /// The event, or the HTTP body if it is whole.
    pub body: AbiBytes,
    /// The HTTP body if it is streamed.
    pub stream: ROption<AbiStream>,
}

/// One header of an HTTP request, lent.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct AbiHeader<'a> {
    /// Its name, in lower case.
    pub name: RStr<'a>,
    /// Its value.
    pub value: RSlice<'a, u8>,
}

/// One invocation, host to plugin, whose head is lent for a call of [`HandlerMod::run_inline`].
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiCall<'a> {
    /// `KIND_EVENT` or `KIND_HTTP`.
    pub kind: u32,
    /// With `KIND_HTTP`: the protocol's version: 9 (0.9), 10, 11, 20 or 30.
    pub version: u32,
    /// The deadline in milliseconds since the Unix epoch; 0: none. The host enforces it.
    pub deadline_unix_ms: u64,
    /// Context, as tagged values.
    pub fields: RSlice<'a, u8>,
    /// With `KIND_HTTP`: the method.
    pub method: RStr<'a>,
    /// With `KIND_HTTP`: path and query as received, or an absolute URI.
    pub uri: RStr<'a>,
    /// With `KIND_HTTP`: the headers, in order.
    pub headers: RSlice<'a, AbiHeader<'a>>,
    /// The event, or the HTTP body if it is whole.
    pub body: AbiBytes,
    /// The HTTP body if it is streamed.
    pub stream: ROption<AbiStream>,
}

/// What came of an invocation, plugin to host.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiReply {
    /// `KIND_EVENT`, `KIND_HTTP` or `KIND_ERROR`.
    pub kind: u32,
    /// With `KIND_ERROR`: one of the `ERROR_…` numbers.
    pub error: u32,
    /// The longest single poll of the handler, in nanoseconds: how long it held its thread.
    pub longest_poll_ns: u64,
    /// HTTP head or error, as tagged values.
    pub fields: RVec<u8>,
    /// The response, if it is whole.
    pub body: AbiBytes,
    /// The response, if it is streamed.
    pub stream: ROption<AbiStream>,
}

/// A failure of `attach`, `init`, `start` or `stop`.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiError {
    /// One of the `ERROR_…` numbers.
    pub kind: u32,
    /// The error, as tagged values.
    pub fields: RVec<u8>,
}

/// A started instance. When `start` failed, the instance holds the error for one `run`.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiStarted {
    /// Never null.
    pub instance: RawInstance,
    /// The error of a failed `start`, for the host's log; the instance must not be pooled then.
    pub failed: ROption<AbiError>,
}

/// A running invocation.
#[repr(C)]
#[derive(StableAbi)]
pub struct AbiRun {
    /// Resolves when the handler is really done. Dropping it early cancels as well.
    pub future: FfiFuture<AbiReply>,
    /// Asks the handler to end early.
    pub cancel: AbiCancel,
}

/// The means to cancel one invocation; may be used from any thread, after the end too.
#[repr(C)]
#[derive(StableAbi)]
pub struct AbiCancel {
    pub(crate) target: *mut c_void,
    pub(crate) cancel: unsafe extern "C" fn(target: *const c_void),
    pub(crate) free: unsafe extern "C" fn(target: *mut c_void),
}

// SAFETY: (I7) `target` is an `Arc` of a `Send + Sync` value.
unsafe impl Send for AbiCancel {}
// SAFETY: (I7) as above; cancelling takes a shared reference.
unsafe impl Sync for AbiCancel {}

impl AbiCancel {
    /// Cancels: an async handler is dropped at its next `await`, a plain `fn` sees the signal.
    pub fn cancel(&self) {
        // SAFETY: (I7) `target` lives until our drop.
        unsafe { (self.cancel)(self.target) };
    }
}

impl Drop for AbiCancel {
    fn drop(&mut self) {
        // SAFETY: (I7) made together with `target`; this is its last use.
        unsafe { (self.free)(self.target) };
    }
}

/// A level as a number: 1 error, 2 warn, 3 info, 4 debug, 5 trace.
pub type AbiLevel = u32;

/// [`LogField::kind`]: text.
pub const FIELD_STR: u32 = 0;
/// [`LogField::kind`]: text made by `Debug` or `Display`.
pub const FIELD_DEBUG: u32 = 1;
/// [`LogField::kind`]: `num` is an i64.
pub const FIELD_I64: u32 = 2;
/// [`LogField::kind`]: `num` is a u64.
pub const FIELD_U64: u32 = 3;
/// [`LogField::kind`]: `num` holds the bits of an f64.
pub const FIELD_F64: u32 = 4;
/// [`LogField::kind`]: `num` is 0 or 1.
pub const FIELD_BOOL: u32 = 5;

/// One field of a log record.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct LogField<'a> {
    /// The field's name.
    pub name: RStr<'a>,
    /// One of the `FIELD_…` numbers; unknown ones are shown as text.
    pub kind: u32,
    /// The value of a number.
    pub num: u64,
    /// The value of a text.
    pub text: RStr<'a>,
}

/// One event of the plugin's `tracing` or `log`, lent to the host for the call.
#[repr(C)]
#[derive(StableAbi, Debug, Clone, Copy)]
pub struct LogRecord<'a> {
    /// 1 to 5.
    pub level: AbiLevel,
    /// The event's line; 0: unknown.
    pub line: u32,
    /// The event's target.
    pub target: RStr<'a>,
    /// The event's message.
    pub message: RStr<'a>,
    /// The event's file; empty: unknown.
    pub file: RStr<'a>,
    /// The function that it belongs to, by the name under which it is served; empty: none known.
    pub function: RStr<'a>,
    /// The id of the invocation that it belongs to; empty: none.
    pub request_id: RStr<'a>,
    /// The spans that it is in, outermost first: `outer{a=1}:inner`; empty: none.
    pub spans: RStr<'a>,
    /// Its other fields.
    pub fields: RSlice<'a, LogField<'a>>,
}

/// What the host offers to plugins. Lives as long as the process.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostApiRef, prefix_fields = HostApiPrefix)))]
#[sabi(missing_field(option))]
pub struct HostApi {
    /// The highest level that anybody listens to; 0: none.
    pub max_level: extern "C" fn() -> AbiLevel,
    /// Whether events of this level and target are wanted.
    pub enabled: extern "C" fn(level: AbiLevel, target: RStr<'_>) -> bool,
    /// Takes one record. Called on any thread; returns at once.
    #[sabi(last_prefix_field)]
    pub log: extern "C" fn(record: &LogRecord<'_>),
}

/// One exported handler: the plugin's side of the lifecycle. Functions may be called on any thread.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HandlerModRef, prefix_fields = HandlerModPrefix)))]
#[sabi(missing_field(option))]
pub struct HandlerMod {
    /// `FLAG_…` bits; unknown ones are ignored.
    pub flags: u64,
    /// Sets the plugin up (runtime, panic hook, logs) as tagged values say. The first call counts,
    /// later ones do nothing.
    pub attach: extern "C" fn(host: HostApiRef, fields: RVec<u8>) -> RResult<(), AbiError>,
    /// Runs the author's `init` for one function, whose settings are tagged values.
    pub init: extern "C" fn(function: RVec<u8>) -> FfiFuture<RResult<RawHandler, AbiError>>,
    /// Makes an instance; the tagged values name the invocation that needs it.
    pub start: unsafe extern "C" fn(handler: RawHandler, fields: RVec<u8>) -> FfiFuture<AbiStarted>,
    /// Runs one invocation; one at a time for each instance.
    pub run: unsafe extern "C" fn(handler: RawHandler, instance: RawInstance, AbiRequest) -> AbiRun,
    /// Ends an instance; waits for a run that still has it. The pointer is gone then. No tagged
    /// values are defined so far.
    pub stop: unsafe extern "C" fn(
        handler: RawHandler,
        instance: RawInstance,
        fields: RVec<u8>,
    ) -> FfiFuture<RResult<(), AbiError>>,
    /// Lets go of what `init` made. The pointer is gone then.
    pub release: unsafe extern "C" fn(handler: RawHandler),
    /// What the handler says of its types, as tagged values. Needs no `attach`; runs the author's
    /// `Default`s on the calling thread. For the time before a function serves, never for a run.
    pub describe: extern "C" fn() -> RVec<u8>,
    /// Ends the plugin's runtime, waiting at most `millis`. Nothing of the plugin is called later.
    #[sabi(last_prefix_field)]
    pub shutdown: extern "C" fn(millis: u64),
    /// Runs one invocation as `run` does at [`PLACE_INLINE`], with the first poll in the call: who is
    /// done by then replies at once, all others go on as a run. Takes body and stream out of the call.
    /// Absent: `run` does it all.
    pub run_inline: unsafe extern "C" fn(
        handler: RawHandler,
        instance: RawInstance,
        call: &mut AbiCall<'_>,
    ) -> RResult<AbiReply, AbiRun>,
}

impl RootModule for HandlerModRef {
    abi_stable::declare_root_module_statics! {HandlerModRef}

    const BASE_NAME: &'static str = "shim_plugin";
    const NAME: &'static str = "shim plugin";
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}
