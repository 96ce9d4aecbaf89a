//! The body of `InvokeWithResponseStream`: the function's response in frames.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;

use super::frame;
use super::report::Report;
use crate::invocation::{Body, BodyError, FunctionError};

/// Frames a response. Its report is made when the response has ended. When nobody reads on, the body is
/// dropped, which cancels the handler, and the report tells so.
pub(super) struct Frames {
    source: Body,
    ready: VecDeque<Bytes>,
    /// Taken when the last frame is made.
    report: Option<Report<'static>>,
    bytes: u64,
}

impl Frames {
    /// Frames `source`; a function that has failed already has an empty one and its error in
    /// `report`.
    pub(super) fn new(source: Body, report: Report<'static>) -> Self {
        Self {
            source,
            ready: VecDeque::new(),
            report: Some(report),
            bytes: 0,
        }
    }

    fn put(&mut self, mut data: Bytes) {
        self.bytes += data.len() as u64;
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(frame::MAX_PAYLOAD));
            let (head, end) = frame::payload_chunk(&piece);
            self.ready.extend([head, piece, end]);
        }
    }

    fn end(&mut self, failed: Option<FunctionError>) {
        let Some(mut report) = self.report.take() else {
            return;
        };
        if let Some(error) = failed {
            report.failed(Box::new(error));
        }
        self.source = Body::Empty;
        let complete = report.complete(self.bytes);
        self.ready.push_back(frame::invoke_complete(&complete));
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(ready) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(ready))));
            }
            if this.report.is_none() {
                return Poll::Ready(None);
            }
            match std::task::ready!(Pin::new(&mut this.source).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.put(data);
                    }
                }
                Some(Err(error)) => this.end(Some(error.into())),
                None => this.end(None),
            }
        }
    }
}
