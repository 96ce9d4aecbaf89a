//! The process's log: from a `tracing` event to bytes on stderr or in a datagram.
//!
//! On the thread that logs: `layer` hears the event, an `Encode` (`text`, `json`, `syslog`,
//! `journald`) writes it into that thread's `line`, and `queue` takes the finished line. The line of
//! each invocation usually takes a shorter way to the queue (`direct`). Lines of an invocation's tail
//! are written by `record` and take no way through the queue.
//! On the writer's thread: `writer` takes all that has gathered and hands it to a `sink`.

mod datagram;
mod direct;
mod encode;
mod escape;
mod filter;
mod frame;
mod install;
mod journald;
mod json;
mod layer;
mod line;
mod number;
mod plan;
mod queue;
mod record;
mod shards;
mod sink;
mod stamp;
#[cfg(feature = "syslog")]
mod syslog;
#[cfg(test)]
pub(super) mod testing;
mod text;
mod way;
mod writer;

pub(super) use direct::invocation;
pub use filter::{FilterError, parse_filter};
pub(super) use install::filter;
pub use install::{LogError, LogGuard, flush, init, init_at_once};
pub use plan::{LogFormat, LogPlan, LogTo, colour_for_stderr};
pub(super) use record::{timestamp, with_record, with_text};
