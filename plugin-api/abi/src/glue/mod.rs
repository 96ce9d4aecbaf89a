//! The plugin's side of the boundary: what `plugin-api` builds on.
//!
//! * [`entry`]: what a handler must be able to do, in plain Rust types
//! * [`export`]: the `extern "C"` functions over any entry, and the exported header
//! * [`guard`]: the panic barrier around every poll of the author's code
//! * [`placement`]: where a run executes
//! * [`instance`]: the slot that holds one started instance
//! * [`invocation`], [`scope`]: what a run may know of itself, and which run a thread is in
//! * [`head`]: the head of an HTTP request; `room`: where the futures of runs live
//! * `run`: from a request to a reply, or to what the host polls: `running`
//! * [`runtime`]: the plugin's own tokio runtime, [`own_thread`] the place for what blocks
//! * [`panic`](mod@panic): the hook that catches message, location and stack trace
//! * [`log`](mod@log): `tracing` and `log` to the host

pub mod entry;
pub mod export;
pub mod guard;
pub mod head;
pub mod instance;
pub mod invocation;
pub mod log;
pub mod own_thread;
pub mod panic;
pub mod placement;
pub mod reply;
mod room;
mod run;
mod running;
pub mod runtime;
pub mod scope;
mod signal;
