//! How the events of one function are treated, and where functions are found.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::event::Target;
use crate::invocation::Invoke;

/// How the events of one function are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventConfig {
    /// How many more runs there are after one that failed: 0 to 2 on AWS Lambda.
    pub max_retries: u32,
    /// How long each retry waits; the last holds for all further ones. Empty: no time.
    pub retry_delays: Vec<Duration>,
    /// How old an event may become before it is given up.
    pub max_age: Duration,
    /// Who gets the record of an event that was given up.
    pub on_failure: Option<Destination>,
    /// Who gets the record of an event that was run with success.
    pub on_success: Option<Destination>,
}

impl Default for EventConfig {
    /// As AWS Lambda: 2 retries after 1 and 2 minutes, 6 hours, no destinations.
    fn default() -> Self {
        Self {
            max_retries: 2,
            retry_delays: vec![Duration::from_secs(60), Duration::from_secs(120)],
            max_age: Duration::from_secs(6 * 60 * 60),
            on_failure: None,
            on_success: None,
        }
    }
}

impl EventConfig {
    /// How long to wait after `attempts` failed runs.
    pub(super) fn delay(&self, attempts: u32) -> Duration {
        let nth = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = self.retry_delays.get(nth).or(self.retry_delays.last());
        delay.copied().unwrap_or_default()
    }
}

/// Who gets the record of what came of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Another function: the record becomes an event for it, queued and retried like any other.
    Function(Target),
    /// A file: the record is appended as one line of JSON.
    File(PathBuf),
}

/// Where functions are looked up, at each attempt anew: they may be reloaded or gone meanwhile.
pub trait Functions: Send + Sync + 'static {
    /// What a function is: most often an `Arc` of a registry's entry.
    type Function: Invoke;

    /// The function under that name and qualifier. Must not block.
    fn find(&self, name: &str, qualifier: Option<&str>) -> Option<Found<Self::Function>>;

    /// Counts what happened to an event of the function under that name. Must not block.
    fn count(&self, name: &str, happened: Happened);
}

/// What is counted of a function's events, besides their runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// An event of a caller was accepted.
    Received,
    /// An event was given up.
    Dropped,
    /// A destination did not take a record.
    NotDelivered,
}

/// A function, and how its events are treated.
#[derive(Debug, Clone)]
pub struct Found<F> {
    /// The function.
    pub function: F,
    /// How its events are treated.
    pub config: Arc<EventConfig>,
}
