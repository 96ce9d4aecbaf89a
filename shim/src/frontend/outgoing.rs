//! A streamed response on its way out: counted, and logged when it ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::log::{self, Ending};
use super::seen::Seen;
use crate::invocation::{BodyError, BoxBody};

/// Passes a stream through. Its log line is written when it is dropped: at its end, when it fails
/// (the server then cuts the connection, so that the client notices), or when the client has gone.
///
/// A failure is passed on one turn later: the protocol forgets what it has not sent yet, and in
/// between it sends.
pub(super) struct Outgoing {
    stream: BoxBody,
    failed: Option<BodyError>,
    seen: Seen,
    function: Box<str>,
    ending: Ending,
    status: u16,
    bytes: u64,
}

impl Outgoing {
    pub(super) fn new(
        stream: BoxBody,
        seen: Seen,
        function: &str,
        ending: Ending,
        status: u16,
    ) -> Self {
        Self {
            stream,
            failed: None,
            seen,
            function: function.into(),
            ending,
            status,
            bytes: 0,
        }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let next = std::task::ready!(this.stream.as_mut().poll_frame(cx));
        match next {
            Some(Err(error)) => {
                this.ending.error = Some(Box::new(error.clone().into()));
                this.failed = Some(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Ok(frame)) => {
                this.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                Poll::Ready(Some(Ok(frame)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failed.is_none() && self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.stream.size_hint()
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let bytes = Some(self.bytes);
        log::log_line(&self.seen, &self.function, &self.ending, self.status, bytes);
    }
}
