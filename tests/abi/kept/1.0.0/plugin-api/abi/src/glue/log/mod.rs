//! `tracing` and `log` of the plugin, forwarded to the host.
//!
//! The plugin's copies of both are separate from the host's: without this, nothing that a handler
//! logs would be seen. Levels that nobody listens to cost a cached look.

mod fields;
mod records;
mod subscriber;

use std::sync::OnceLock;

use abi_stable::std_types::{RSlice, RStr};

use crate::fault::Fault;
use crate::glue::scope;
use crate::types::{AbiLevel, HostApiRef, LogRecord};

static HOST: OnceLock<HostApiRef> = OnceLock::new();

/// Sends what the plugin logs to `host` from now on. Called once.
pub(crate) fn forward_to(host: HostApiRef) {
    if HOST.set(host).is_ok() {
        // Either may be taken if the author's `init` of some other library came first: then the
        // author's own choice stands.
        let _ = tracing::subscriber::set_global_default(subscriber::PluginSubscriber::new(host));
        records::install(host);
    }
}

/// Logs a panic; `false` when no host listens.
pub(crate) fn panicked(fault: &Fault) -> bool {
    const ERROR: AbiLevel = 1;
    let Some(host) = HOST.get() else { return false };
    let at = fault.location.as_deref().unwrap_or("an unknown place");
    let message = format!("panicked at {at}: {}", fault.message);
    let invocation = scope::current();
    let request_id = invocation
        .as_ref()
        .map_or("", |invocation| invocation.request_id());
    host.log()(&LogRecord {
        level: ERROR,
        line: 0,
        target: RStr::from_str("plugin::panic"),
        message: RStr::from_str(&message),
        file: RStr::from_str(""),
        function: RStr::from_str(invocation.as_ref().map_or("", |one| &one.function.name)),
        request_id: RStr::from_str(request_id),
        spans: RStr::from_str(""),
        fields: RSlice::EMPTY,
    });
    true
}
