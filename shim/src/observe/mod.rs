//! What the host tells its operator: log lines, one per invocation and whatever else happens, and
//! [`metrics`]. And what it tells a caller of an invocation that asks for it: the [`tail`] of its log.
//!
//! [`init`] installs the process's `tracing` subscriber once, at the start. From then on every
//! `tracing` event of the host, every [`invocation`] line and every record a plugin sends through
//! [`replay`] passes one filter and becomes one line on stderr, in syslog or in the journal.
//!
//! A request thread never waits for a log: it formats its line into a buffer of its own and appends
//! it to a bounded queue; a thread of its own writes the queue out (see `logs/queue.rs`).

mod invocation;
mod logs;
pub mod metrics;
mod refused;
pub mod replay;
pub mod tail;

pub use invocation::{InvocationLine, invocation};
pub use logs::{
    FilterError, LogError, LogFormat, LogGuard, LogPlan, LogTo, colour_for_stderr, flush, init,
    init_at_once, parse_filter,
};
pub use refused::{RefusedLine, refused};
