//! The last lines of one invocation's log, for a caller that asks for them (`X-Amz-Log-Type: Tail`
//! of the Lambda Invoke API).
//!
//! A [`Tail`] hears every record that plugins log under its request id, whatever thread it comes
//! from; the host pushes lines of its own between them: those of the platform, made by
//! [`start_line`], [`end_line`], [`report_line`] and their like, and what it has to say of an error.
//!
//! A plugin only sends records of a level that the process's log wants of their target
//! (`HostApi::enabled`): under `--log-level warn` a tail has no `INFO` lines either.
//!
//! While there is no tail at all, a record costs one relaxed load more than without this module.

mod memory;
mod platform;
mod ring;
mod tails;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use memory::peak_memory_mb;
pub use platform::{
    Report, ReportStatus, end_line, error_line, report_line, start_line, xray_line,
};
pub(super) use tails::hear;

use self::ring::Ring;
use super::logs;
use crate::invocation::RequestId;

/// The log of one invocation while it runs: the last [`Tail::LIMIT`] bytes of it.
///
/// Takes 4 KiB of memory, whatever is logged. Dropped, it hears no more and is gone.
#[derive(Debug)]
pub struct Tail {
    id: RequestId,
    ring: Arc<Ring>,
    registered: bool,
}

impl Tail {
    /// How many bytes are kept: as many as AWS Lambda gives its callers.
    pub const LIMIT: usize = 4096;

    /// Begins to hear the records of `request_id`. To miss none, begin before the invocation does.
    ///
    /// Records are told apart by their request id alone, so ids have to be unique: use those that
    /// the host made ([`RequestId::random`]), not a caller's. A tail that begins while there is one
    /// for the same id hears no records, only what is pushed to it; the first one is not disturbed.
    pub fn begin(request_id: &RequestId) -> Self {
        let ring = Arc::new(Ring::default());
        Self {
            id: *request_id,
            registered: tails::register(request_id, &ring),
            ring,
        }
    }

    /// Appends a line of the host's own, without its line feed. Tabs stay; whatever else would
    /// break the line or forge one is escaped, so that one call is one line. What is beyond 64 KiB
    /// is left out.
    pub fn push_line(&self, text: &str) {
        logs::with_text(text, |line| self.ring.push(line));
    }

    /// Hears no more, and returns the last [`Tail::LIMIT`] bytes of all lines: UTF-8 text, each
    /// line with its line feed. The first line may lack its beginning.
    pub fn finish(mut self) -> Vec<u8> {
        self.unregister();
        self.ring.take()
    }

    fn unregister(&mut self) {
        if std::mem::take(&mut self.registered) {
            tails::unregister(&self.id);
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.unregister();
    }
}
