//! Records on their way to destinations.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tracing::{error, warn};

use super::TARGET;
use super::attempt::Core;
use super::config::{Destination, Functions, Happened};
use super::event::{Accepted, Entry, Target};
use super::queue::{PushError, Queue, Source};
use crate::invocation::RequestId;

/// How long each further try waits.
const RETRIES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// How many destinations may follow one another: functions that are each other's destinations would
/// otherwise go on for ever.
const MAX_HOPS: u32 = 16;

/// How much of a record one log line has, in bytes. Log lines are cut at 64 KiB, and a record may
/// double when it is escaped.
const PIECE: usize = 24 * 1024;

/// Why a record did not reach its destination.
#[derive(Debug, thiserror::Error)]
enum DeliverError {
    #[error("cannot write: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Queue(#[from] PushError),
    #[error("more than {MAX_HOPS} destinations in a row")]
    Loop,
}

impl<F: Functions, Q: Queue> Core<F, Q> {
    /// Hands the record of `event` to its destination. After a few tries in vain the record goes to
    /// the log.
    pub(super) async fn deliver(&self, event: &Accepted, record: Bytes, to: &Destination) {
        let mut retries = RETRIES.iter();
        let error = loop {
            let error = match self.try_deliver(event, record.clone(), to).await {
                Ok(()) => return self.counters.delivered.add(),
                Err(error) => error,
            };
            let id = event.id.as_str();
            match retries.next() {
                Some(&delay) if !matches!(error, DeliverError::Loop) => {
                    warn!(target: TARGET, request_id = id, destination = %name(to), %error, "record not delivered yet");
                    tokio::time::sleep(delay).await;
                }
                _ => break error,
            }
        };
        self.counters.delivery_failures.add();
        let name = &event.target.name;
        self.functions.count(name, Happened::NotDelivered);
        log_record(event, &record, to, &error);
    }

    async fn try_deliver(
        &self,
        event: &Accepted,
        record: Bytes,
        to: &Destination,
    ) -> Result<(), DeliverError> {
        match to {
            Destination::File(path) => Ok(self.files.append(path, record).await?),
            Destination::Function(_) if event.hops >= MAX_HOPS => Err(DeliverError::Loop),
            Destination::Function(target) => {
                let entry = Entry::new(follow_up(event, target, record));
                let (now, source) = (Duration::ZERO, Source::Destination);
                Ok(self.queue.push(entry, now, source).await?)
            }
        }
    }
}

/// The event that a record becomes.
fn follow_up(event: &Accepted, target: &Target, record: Bytes) -> Accepted {
    Accepted {
        id: RequestId::random(),
        target: target.clone(),
        payload: record,
        trace_id: event.trace_id.clone(),
        tenant_id: event.tenant_id.clone(),
        arrived: SystemTime::now(),
        hops: event.hops + 1,
    }
}

/// Writes the whole record to the log, in pieces that fit a line.
fn log_record(event: &Accepted, record: &[u8], to: &Destination, error: &DeliverError) {
    // It was written as JSON.
    let mut rest = std::str::from_utf8(record).unwrap_or_default();
    let pieces = rest.len().div_ceil(PIECE);
    let mut piece = 0;
    while !rest.is_empty() {
        piece += 1;
        // The last piece takes what earlier ones left to keep characters whole.
        let end = if piece == pieces { rest.len() } else { PIECE };
        let (record, after) = rest.split_at(boundary(rest, end));
        rest = after;
        error!(
            target: TARGET,
            request_id = event.id.as_str(),
            function = event.target.name,
            destination = %name(to),
            %error,
            piece,
            pieces,
            record,
            "record not delivered"
        );
    }
}

/// The end of a character at `end` or before it.
fn boundary(text: &str, end: usize) -> usize {
    let mut ends = (0..=end).rev();
    ends.find(|&end| text.is_char_boundary(end)).unwrap_or(0)
}

fn name(destination: &Destination) -> std::borrow::Cow<'_, str> {
    match destination {
        Destination::Function(target) => target.name.as_str().into(),
        Destination::File(path) => path.to_string_lossy(),
    }
}
