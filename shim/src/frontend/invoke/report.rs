//! How an invocation ended: its log line, the end of its log for the caller, its error's document.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::invocation::{ErrorKind, FunctionError, RequestId};
use crate::observe::tail::{self, Tail};
use crate::observe::{self, InvocationLine};

/// What is known of a run when it ends, and where it is told.
pub(super) struct Report<'a> {
    pub(super) id: RequestId,
    pub(super) function: Cow<'a, str>,
    pub(super) memory_mb: Option<u32>,
    pub(super) arrived: Instant,
    /// Without the wait for a place.
    pub(super) duration: Duration,
    /// When `duration` was told, of a response that is streamed since then.
    pub(super) streams_since: Option<Instant>,
    pub(super) cold_start: bool,
    pub(super) start: Option<Duration>,
    pub(super) trace_id: Cow<'a, str>,
    pub(super) error: Option<Box<FunctionError>>,
    pub(super) tail: Option<Tail>,
    /// The line is written, or there is nothing to tell. Dropped before, the caller has gone.
    pub(super) told: bool,
}

/// What the caller gets of a run.
pub(super) struct Told {
    /// The response, or the error's document.
    pub(super) body: Bytes,
    pub(super) failed: bool,
    /// The end of the log, in base64.
    pub(super) log: Option<String>,
}

impl Report<'_> {
    /// A report that outlives the call.
    pub(super) fn into_owned(mut self) -> Report<'static> {
        Report {
            id: self.id,
            function: Cow::Owned(std::mem::take(&mut self.function).into_owned()),
            memory_mb: self.memory_mb,
            arrived: self.arrived,
            duration: self.duration,
            streams_since: self.streams_since,
            cold_start: self.cold_start,
            start: self.start,
            trace_id: Cow::Owned(std::mem::take(&mut self.trace_id).into_owned()),
            error: self.error.take(),
            tail: self.tail.take(),
            told: std::mem::replace(&mut self.told, true),
        }
    }

    /// The function failed.
    pub(super) fn failed(&mut self, error: Box<FunctionError>) {
        self.error = Some(error);
    }

    /// The document that the caller gets for the error, if there is one.
    fn error_document(&self) -> Option<Vec<u8>> {
        Some(self.error.as_ref()?.to_json_of(&self.id))
    }

    /// A streamed response has ended.
    pub(super) fn streamed(&mut self) {
        if let Some(since) = self.streams_since.take() {
            self.duration += since.elapsed();
        }
    }

    /// Nothing ran.
    pub(super) fn forget(&mut self) {
        self.told = true;
    }

    /// Reports a run that answered with `body`, unless it failed.
    pub(super) fn tell(&mut self, body: Bytes) -> Told {
        let document = self.error_document();
        let failed = document.is_some();
        let body = document.map_or(body, Bytes::from);
        let log = self.finish(Some(body.len() as u64));
        Told { body, failed, log }
    }

    /// Logs the line and returns the end of the log, in base64, if the caller asked for it.
    fn finish(&mut self, response_bytes: Option<u64>) -> Option<String> {
        self.told = true;
        self.log(200, response_bytes);
        let tail = self.tail.take()?;
        if let Some(error) = &self.error {
            tail.push_line(&tail::error_line(&self.id, error));
            for frame in &error.stack_trace {
                tail.push_line(frame);
            }
        }
        tail.push_line(&tail::end_line(&self.id));
        tail.push_line(&tail::report_line(&tail::Report {
            request_id: &self.id,
            // As Lambda's, without what came before the handler.
            duration: self.duration.saturating_sub(self.start.unwrap_or_default()),
            memory_mb: self.memory_mb,
            max_memory_used_mb: tail::peak_memory_mb(),
            init_duration: self.start,
            status: tail::ReportStatus::of(self.error.as_deref()),
        }));
        if let Some(line) = tail::xray_line(&self.trace_id) {
            tail.push_line(&line);
        }
        Some(STANDARD.encode(tail.finish()))
    }

    /// The same for a streamed response: the document of its last frame.
    pub(super) fn complete(&mut self, response_bytes: u64) -> Vec<u8> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Complete {
            #[serde(skip_serializing_if = "Option::is_none")]
            error_code: Option<&'static str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            error_details: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            log_result: Option<String>,
        }
        self.streamed();
        let details = self.error_document();
        let complete = Complete {
            error_code: details.is_some().then_some("Unhandled"),
            error_details: details.map(|json| String::from_utf8_lossy(&json).into_owned()),
            log_result: self.finish(Some(response_bytes)),
        };
        // Texts always serialise.
        serde_json::to_vec(&complete).unwrap_or_default()
    }

    fn log(&self, status: u16, response_bytes: Option<u64>) {
        observe::invocation(&InvocationLine {
            request_id: &self.id,
            function: &self.function,
            method: None,
            path: None,
            status,
            duration: self.duration,
            cold_start: self.cold_start,
            response_bytes,
            error: self.error.as_deref(),
        });
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if self.told {
            return;
        }
        let message = "the caller went away, or the connection was cut";
        match self.streams_since {
            Some(_) => self.streamed(),
            None => self.duration = self.arrived.elapsed(),
        }
        let error = FunctionError::new(ErrorKind::Cancelled, "Runtime.Cancelled", message);
        self.error = Some(Box::new(error));
        self.log(CLIENT_CLOSED_REQUEST, None);
    }
}

/// What proxies log for a client that has gone; nobody gets it as a response.
const CLIENT_CLOSED_REQUEST: u16 = 499;
