//! What a queue of events does, wherever it keeps them.

use std::future::Future;
use std::time::Duration;

use super::event::Entry;

/// Keeps accepted events until they are finished.
///
/// An event that [`next`](Queue::next) hands out is leased: it stays in the queue, and counts
/// against its limits, until it is put back or finished. Whoever is cut off in between loses
/// nothing: the event is still here, to be run again.
pub trait Queue: Send + Sync + 'static {
    /// Takes an event that becomes due after `delay`. Which limits hold depends on where it comes
    /// from.
    fn push(
        &self,
        entry: Entry,
        delay: Duration,
        source: Source,
    ) -> impl Future<Output = Result<(), PushError>> + Send;

    /// Waits for the next due event and leases it: in the order in which they become due, those
    /// that are due at the same time in the order of acceptance. One caller at a time.
    ///
    /// `None`: the queue is closed, nothing is due, and nothing is leased that could become due.
    fn next(&self) -> impl Future<Output = Option<Lease>> + Send;

    /// Gives a leased event back, as it is now; it becomes due after `delay`. Never refused.
    fn put_back(&self, lease: Lease, delay: Duration) -> impl Future<Output = ()> + Send;

    /// Forgets a leased event.
    fn finish(&self, lease: Lease) -> impl Future<Output = ()> + Send;

    /// Refuses further events of [`Source::Caller`].
    fn close(&self);

    /// Removes all events that would be lost with the process, leased ones too, in the order of
    /// acceptance, each with the time until it is due.
    fn take_rest(&self) -> Vec<(Entry, Duration)>;

    /// How old the oldest event is of each function that has any: its name, its version, the age.
    fn ages(&self) -> Vec<(String, String, Duration)>;

    /// How much is in it.
    fn depth(&self) -> Depth;
}

/// An event that is being worked on.
#[derive(Debug)]
pub struct Lease {
    /// What the queue knows it by.
    pub key: u64,
    /// The event.
    pub entry: Entry,
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A caller: refused when the queue is full or closed.
    Caller,
    /// A destination: refused when the queue is full.
    Destination,
    /// A spool file, accepted by an earlier process: never refused.
    Spool,
}

/// Why a queue does not take an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// A limit is reached: try again later.
    #[error("the event queue is full: {events} events, {bytes} bytes")]
    Full {
        /// How many events it holds.
        events: usize,
        /// How many bytes they have.
        bytes: u64,
    },
    /// The host is shutting down.
    #[error("the event queue is closed: shutting down")]
    Closed,
}

/// How much is in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Events that are accepted and not finished.
    pub events: usize,
    /// How many of them are leased.
    pub leased: usize,
    /// Their bytes: payloads and last errors.
    pub bytes: u64,
    /// The age of the one that was accepted first; zero if there is none.
    pub oldest: Duration,
}
