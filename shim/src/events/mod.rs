//! Asynchronous invocations: events that are accepted at once and run later.
//!
//! [`Events::accept`] takes an event into a bounded [`Queue`]; the dispatcher takes due events out
//! of it, in order, and runs a bounded number at once:
//!
//! * a run that ends well: the event is finished, its record goes to `on_success`
//! * a function error, a timeout too: run again after a delay, a limited number of times; then the
//!   record goes to `on_failure`
//! * refused for want of a place: put back for 1 s, then 2 s, and so on up to 5 minutes; that is no
//!   attempt
//! * the function or the host is shutting down: put back in the same way
//! * too old, or too old by the next attempt: given up, the record goes to `on_failure`
//!
//! All attempts of an event have the request id that its caller was told.
//!
//! # What is promised
//!
//! An accepted event is run **at least once**, unless it becomes too old first. It may be run more
//! than once: after function errors, and when the process ends between a run and its record.
//!
//! Accepted events are in memory. A stop in order ([`Events::drain`]) writes what is left to the
//! spool directory, and the next process takes it up ([`Events::take_up`]). **A process that is
//! killed, crashes or loses power loses all events that it had accepted**, those that it took up
//! too; a spool directory does not change that. Without a spool directory, a stop in order loses
//! what is left after its grace, and logs the request ids.
//!
//! A record that its destination does not take after four tries (about 6 s) is written to the log.

mod attempt;
mod config;
mod destination;
mod dispatcher;
mod event;
mod file;
mod json;
mod memory;
mod queue;
mod record;
mod run;
mod spool;
mod stats;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use config::{Destination, EventConfig, Found, Functions, Happened};
pub use dispatcher::{Drained, Events, EventsPlan};
pub use event::{Accepted, Entry, Target};
pub use memory::Memory;
pub use queue::{Depth, Lease, PushError, Queue, Source};
pub use spool::{SpoolError, TakenUp};
pub use stats::Stats;

/// The target of all log lines about events, but for refusals.
const TARGET: &str = "shim::events";
