//! A handler that was initialised for a function.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use abi_stable::std_types::{RResult, RVec};
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::types::{
    AbiCall, AbiReply, AbiRun, FLAG_BLOCKING, FLAG_BYTES, FLAG_BYTES_RESPONSE, FLAG_HTTP,
    FLAG_STATELESS, HandlerModRef, RawHandler, RawInstance,
};

use super::opened::InUse;
use super::request::{self, Place};
use super::run::{Begun, Finished, Run};
use super::{host, reply};
use crate::invocation::{Accepts, FunctionError, Invocation, RequestId};

/// A handler, ready to run. Cheap to clone; what `init` made goes when the last clone goes.
#[derive(Clone, Debug)]
pub struct Handler(Arc<Attached>);

/// The table and the state of a handler.
pub(super) struct Attached {
    module: HandlerModRef,
    /// Of the table; older plugins lack it.
    run_inline: Option<RunInline>,
    raw: RawHandler,
    /// Let go after `raw` was released.
    _in_use: Arc<InUse>,
}

type RunInline =
    unsafe extern "C" fn(RawHandler, RawInstance, &mut AbiCall<'_>) -> RResult<AbiReply, AbiRun>;

/// One started instance. Must be given back to [`Handler::stop`]; dropping it leaks it.
#[derive(Debug)]
#[must_use = "an instance is given back to `stop`"]
pub struct Instance(RawInstance);

/// What `start` came to.
#[derive(Debug)]
pub struct Started {
    /// The instance; if the start failed, it holds the error for one `run`.
    pub instance: Instance,
    /// The error of a failed start: the instance must not serve a second run.
    pub failed: Option<FunctionError>,
}

impl Handler {
    pub(super) fn new(module: HandlerModRef, raw: RawHandler, in_use: Arc<InUse>) -> Self {
        Self(Arc::new(Attached {
            run_inline: module.run_inline(),
            module,
            raw,
            _in_use: in_use,
        }))
    }

    fn flag(&self, flag: u64) -> bool {
        self.0.module.flags() & flag != 0
    }

    /// Whether it has no instances: [`run`](Self::run) then takes none.
    pub fn is_stateless(&self) -> bool {
        self.flag(FLAG_STATELESS)
    }

    /// Whether it is a plain `fn`, which cannot be dropped midway.
    pub fn is_blocking(&self) -> bool {
        self.flag(FLAG_BLOCKING)
    }

    /// What it takes.
    pub fn accepts(&self) -> Accepts {
        accepts(self.0.module.flags())
    }

    /// Has the plugin make its runtime, if it was [to do so later](super::Setup::later) and has none
    /// yet. What keeps it from that is told by the run that needs the runtime.
    pub fn ready(&self) {
        // A plugin that does not know of this was attached with its runtime, and does nothing.
        drop(self.0.module.attach()(host::HOST, RVec::new()));
    }

    /// Makes an instance, on a thread of the plugin's where it may block. What it logs belongs to
    /// the invocation `request_id`, if it is one that needs the instance.
    pub async fn start(&self, request_id: Option<&RequestId>) -> Started {
        let mut fields = FieldsWriter::default();
        if let Some(request_id) = request_id {
            fields.put(tag::REQUEST_ID, request_id.as_bytes());
        }
        // SAFETY: (I7) `raw` comes from this table's `init` and is released in `Attached`'s drop.
        let starting = unsafe { self.0.module.start()(self.0.raw, fields.finish()) };
        let started = starting.await;
        let failed = started.failed.into_option();
        Started {
            instance: Instance(started.instance),
            failed: failed.map(|error| reply::function_error(error.into())),
        }
    }

    /// Begins a run; nothing happens until it is polled. An instance serves one run at a time: the
    /// caller keeps it, and out of everybody else's hands, until the run is done. What the handler
    /// gets is taken out of the invocation. The deadline is in milliseconds since the Unix epoch.
    pub fn run(
        &self,
        instance: Option<&Instance>,
        invocation: &mut Invocation,
        place: Place,
        deadline: Option<u64>,
    ) -> Run {
        let (request, spare) = request::request(invocation, place, deadline);
        let instance = instance.map_or(RawInstance::NONE, |instance| instance.0);
        // SAFETY: (I7) `raw` as above; the instance comes from this handler's `start` and was not
        // stopped, since `stop` takes it by value.
        let run = unsafe { self.0.module.run()(self.0.raw, instance, request) };
        Run::new(run, spare)
    }

    /// As [`run`](Self::run) at [`Place::Inline`], but the first poll is in the call.
    pub fn run_inline(
        &self,
        instance: Option<&Instance>,
        invocation: &mut Invocation,
        deadline: Option<u64>,
    ) -> Begun {
        let Some(run_inline) = self.0.run_inline else {
            return Begun::GoesOn(self.run(instance, invocation, Place::Inline, deadline));
        };
        let instance = instance.map_or(RawInstance::NONE, |instance| instance.0);
        // SAFETY: (I7) as in `run`.
        let call = |call: &mut AbiCall<'_>| unsafe { run_inline(self.0.raw, instance, call) };
        let (begun, spare) = request::lend(invocation, deadline, call);
        match begun {
            RResult::ROk(reply) => Begun::Done(Finished::new(reply, spare)),
            RResult::RErr(run) => Begun::GoesOn(Run::new(run, spare)),
        }
    }

    /// Ends an instance, after a run that still has it. The author's `stop` is not called if the
    /// instance panicked.
    ///
    /// # Errors
    /// What `stop` returned; the instance is gone either way.
    pub async fn stop(&self, instance: Instance) -> Result<(), FunctionError> {
        // SAFETY: (I7) as above; taken by value, the instance is not used again.
        let stopping = unsafe { self.0.module.stop()(self.0.raw, instance.0, RVec::new()) };
        match stopping.await {
            RResult::ROk(()) => Ok(()),
            RResult::RErr(error) => Err(reply::function_error(error.into())),
        }
    }

    /// Ends the plugin's runtime, with all tasks that its handlers have spawned. For the end of the
    /// process: no handler of the plugin works afterwards. Blocks for at most `timeout`.
    pub fn shutdown_plugin(&self, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.0.module.shutdown()(millis);
    }
}

/// What a handler with these flags takes.
pub(super) fn accepts(flags: u64) -> Accepts {
    let flag = |flag: u64| flags & flag != 0;
    if flag(FLAG_HTTP) {
        Accepts::Http {
            whole_body: flag(FLAG_BLOCKING),
        }
    } else {
        Accepts::Event {
            json: !flag(FLAG_BYTES),
            json_response: !flag(FLAG_BYTES_RESPONSE),
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: (I7) every run, start and stop holds a count of `Attached` or of the plugin's own
        // state; this is the host's last use of the pointer.
        unsafe { self.module.release()(self.raw) };
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached")
            .field("flags", &self.module.flags())
            .finish_non_exhaustive()
    }
}
