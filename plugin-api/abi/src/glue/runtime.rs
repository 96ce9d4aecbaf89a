//! The plugin's own tokio runtime: made when the host attaches or, if the host says so, when it is
//! first needed, and entered around everything. With it come the panic hook and the way of the logs.
//!
//! Host and plugin each have their own copy of tokio's statics; handing a `Handle` across would be
//! undefined in effect. So timers, sockets and tasks of a handler live here.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use super::signal::Signal;
use crate::fault::Fault;
use crate::fields::{Fields, tag};
use crate::glue::{log, panic};
use crate::types::HostApiRef;

/// How many handlers may block or compute at once. Far above tokio's own 512, beyond which a plain
/// `fn` that blocks would stall others; the host limits a function by its concurrency.
const MAX_THREADS: usize = 16_384;

/// The plugin, attached to its host.
pub struct Plugin {
    /// Its runtime.
    pub handle: Handle,
    /// Given when the runtime begins to end: futures on threads of their own are dropped.
    pub(super) closing: Signal,
    /// Given when the runtime has ended: who still waits for a run waits in vain.
    pub(super) closed: Signal,
    runtime: Mutex<Option<Runtime>>,
    /// As in [`Setup`].
    pub(super) lifecycle_inline: bool,
}

static PLUGIN: OnceLock<Plugin> = OnceLock::new();

/// What has become of the plugin.
static STATE: Mutex<State> = Mutex::new(State::NotAttached);

enum State {
    NotAttached,
    /// It is set up as this says when that is first needed.
    Attached(Option<HostApiRef>, Setup),
    /// `PLUGIN` is there.
    SetUp,
    /// It was shut down.
    Ended,
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a plugin is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Worker threads of its runtime; 0: as many as there are cores.
    pub threads: u32,
    /// Whether panics carry a stack trace.
    pub stack_traces: bool,
    /// Whether `init`, `start` and `stop` begin on the thread that asks for them: it may be blocked.
    pub lifecycle_inline: bool,
    /// Whether all this is done when it is first needed, and not at once.
    pub later: bool,
}

impl Setup {
    /// From the form that crosses.
    pub fn from_fields(fields: &Fields) -> Self {
        let threads = fields
            .get(tag::THREADS)
            .and_then(|value| value.try_into().ok());
        Self {
            threads: threads.map_or(0, u32::from_le_bytes),
            stack_traces: fields.get(tag::STACK_TRACES) != Some(&[0]),
            lifecycle_inline: fields.get(tag::LIFECYCLE_INLINE) == Some(&[1]),
            later: fields.get(tag::SET_UP_LATER) == Some(&[1]),
        }
    }
}

/// Sets the plugin up for `host`; the first call counts. One that does not leave it for later does
/// it, whatever the first one said.
///
/// # Errors
/// There is no runtime: the system gives no threads or descriptors. A later call tries again.
pub fn attach(host: Option<HostApiRef>, setup: Setup) -> Result<(), Fault> {
    {
        let mut state = state();
        if let State::NotAttached = *state {
            *state = State::Attached(host, setup);
        }
    }
    match setup.later {
        true => Ok(()),
        false => plugin().map(drop),
    }
}

/// The plugin, once attached; sets it up, if that was left for later.
///
/// # Errors
/// The host has not attached, or there is no runtime: the system gives no threads or descriptors, or
/// the plugin was shut down before it had one.
pub fn plugin() -> Result<&'static Plugin, Fault> {
    match PLUGIN.get() {
        Some(plugin) => Ok(plugin),
        None => set_up(),
    }
}

#[cold]
fn set_up() -> Result<&'static Plugin, Fault> {
    let mut state = state();
    match *state {
        State::NotAttached => Err(Fault::internal("the host has not attached to the plugin")),
        State::Ended => Err(Fault::internal("the plugin is shutting down")),
        State::SetUp => PLUGIN
            .get()
            .ok_or_else(|| Fault::internal("the plugin has no runtime")),
        State::Attached(host, setup) => {
            panic::install(setup.stack_traces);
            if let Some(host) = host {
                log::forward_to(host);
            }
            let runtime = runtime(setup)?;
            *state = State::SetUp;
            Ok(PLUGIN.get_or_init(|| Plugin {
                handle: runtime.handle().clone(),
                closing: Signal::new(),
                closed: Signal::new(),
                runtime: Mutex::new(Some(runtime)),
                lifecycle_inline: setup.lifecycle_inline,
            }))
        }
    }
}

fn runtime(setup: Setup) -> Result<Runtime, Fault> {
    let mut builder = Builder::new_multi_thread();
    if let Ok(threads @ 1..) = usize::try_from(setup.threads) {
        builder.worker_threads(threads);
    }
    builder
        .thread_name("plugin")
        .max_blocking_threads(MAX_THREADS)
        .enable_all()
        .build()
        .map_err(|error| Fault::internal(format!("cannot make the plugin's runtime: {error}")))
}

/// Ends the runtime: its tasks are dropped, its threads waited for at most this long. Runs that are
/// on their way answer that the plugin is shutting down.
pub fn shutdown(timeout: Duration) {
    *state() = State::Ended;
    if let Some(plugin) = PLUGIN.get() {
        let runtime = plugin
            .runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            plugin.closing.give();
            runtime.shutdown_timeout(timeout);
            plugin.closed.give();
        }
    }
    // The process's end flushes the host's copy of std only.
    let _ = std::io::stdout().flush();
}
