//! An event that was accepted, and how far it has come.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::Instant;

use crate::invocation::RequestId;

/// An event that its caller was told is accepted. What never changes about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The request id: the caller was told it, and every attempt has it.
    pub id: RequestId,
    /// The function that it is for.
    pub target: Target,
    /// The event: JSON, or any bytes for a function that takes bytes.
    pub payload: Bytes,
    /// The caller's trace header, if it sent one.
    pub trace_id: Option<String>,
    /// The tenant, if the caller named one.
    pub tenant_id: Option<String>,
    /// When it arrived, by the wall clock. Its age counts from here.
    pub arrived: SystemTime,
    /// How many destinations lie between this event and one that a caller sent: 0 for the latter.
    pub hops: u32,
}

impl Accepted {
    /// An event for `target` with a new request id that arrives now.
    pub fn new(target: Target, payload: impl Into<Bytes>) -> Self {
        Self {
            id: RequestId::random(),
            target,
            payload: payload.into(),
            trace_id: None,
            tenant_id: None,
            arrived: SystemTime::now(),
            hops: 0,
        }
    }
}

/// A function as a caller named it, and what that came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name under which the function is served.
    pub name: String,
    /// The version or alias that was named, if one was.
    pub qualifier: Option<String>,
    /// The ARN with `qualifier`, if there is one.
    pub arn: String,
    /// The version that runs: a number or `$LATEST`.
    pub version: String,
}

impl Target {
    /// The ARN as records have it: always with a qualifier.
    pub(super) fn qualified_arn(&self) -> String {
        match self.qualifier {
            Some(_) => self.arn.clone(),
            None => format!("{}:{}", self.arn, self.version),
        }
    }
}

/// An event in a queue, and how far it has come. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event.
    pub event: Arc<Accepted>,
    /// How many runs ended, all of them with a function error.
    pub attempts: u32,
    /// How often in a row it was put back without a run.
    pub put_back: u32,
    /// What the last run failed with: the document that callers read.
    pub last_error: Option<Bytes>,
    /// How old it was at `since`.
    pub(super) before: Duration,
    pub(super) since: Instant,
}

impl Entry {
    /// `event`, not yet tried. Its age is taken from the wall clock now, and grows with tokio's
    /// clock from now on.
    pub fn new(event: Accepted) -> Self {
        Self {
            before: event.arrived.elapsed().unwrap_or_default(),
            since: Instant::now(),
            event: Arc::new(event),
            attempts: 0,
            put_back: 0,
            last_error: None,
        }
    }

    /// How long ago it arrived.
    pub fn age(&self) -> Duration {
        self.before.saturating_add(self.since.elapsed())
    }

    /// The bytes that count against a queue's limit: the event and the last error.
    pub fn weight(&self) -> u64 {
        let error = self.last_error.as_ref().map_or(0, Bytes::len);
        self.event.payload.len() as u64 + error as u64
    }
}
