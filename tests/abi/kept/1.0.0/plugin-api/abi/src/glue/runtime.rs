//! The plugin's own tokio runtime: made when the host attaches, entered around everything.
//!
//! Host and plugin each have their own copy of tokio's statics; handing a `Handle` across would be
//! undefined in effect. So timers, sockets and tasks of a handler live here.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::fault::Fault;
use crate::fields::{Fields, tag};
use crate::glue::{log, panic};
use crate::types::HostApiRef;

struct Plugin {
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
}

static PLUGIN: OnceLock<Plugin> = OnceLock::new();

/// How a plugin is set up.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Worker threads of its runtime; 0: as many as there are cores.
    pub threads: u32,
    /// Whether panics carry a stack trace.
    pub stack_traces: bool,
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
        }
    }
}

/// Sets the plugin up for `host`; the first call counts.
pub fn attach(host: Option<HostApiRef>, setup: Setup) -> Result<(), Fault> {
    static ATTACHING: Mutex<()> = Mutex::new(());
    let _attaching = ATTACHING.lock().unwrap_or_else(PoisonError::into_inner);
    if PLUGIN.get().is_some() {
        return Ok(());
    }
    panic::install(setup.stack_traces);
    if let Some(host) = host {
        log::forward_to(host);
    }
    let mut builder = Builder::new_multi_thread();
    if let Ok(threads @ 1..) = usize::try_from(setup.threads) {
        builder.worker_threads(threads);
    }
    let runtime = builder
        .thread_name("plugin")
        .enable_all()
        .build()
        .map_err(|error| Fault::internal(format!("cannot make the plugin's runtime: {error}")))?;
    let handle = runtime.handle().clone();
    let _ = PLUGIN.set(Plugin {
        handle,
        runtime: Mutex::new(Some(runtime)),
    });
    Ok(())
}

/// The runtime's handle, once attached.
pub fn handle() -> Result<&'static Handle, Fault> {
    PLUGIN
        .get()
        .map(|plugin| &plugin.handle)
        .ok_or_else(|| Fault::internal("the host has not attached to the plugin"))
}

/// Ends the runtime: its tasks are dropped, its threads waited for at most this long.
pub fn shutdown(timeout: Duration) {
    let Some(plugin) = PLUGIN.get() else { return };
    let runtime = plugin
        .runtime
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(runtime) = runtime {
        runtime.shutdown_timeout(timeout);
    }
}
