//! A streamed response, counted when it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::invocation::{BodyError, BoxBody};
use crate::observe::metrics::{FunctionMetrics, RunningOwned};

/// Passes a stream through. Its invocation is over when it is: failed if it breaks, without a result
/// if nobody reads on.
pub(super) struct Counted {
    pub(super) stream: BoxBody,
    pub(super) metrics: Arc<FunctionMetrics>,
    pub(super) started: Instant,
    pub(super) cold: bool,
    pub(super) ended: bool,
    pub(super) _running: RunningOwned,
    /// The function is in use as long as this is there.
    pub(super) _busy: Arc<()>,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let next = std::task::ready!(this.stream.as_mut().poll_frame(cx));
        if !matches!(next, Some(Ok(_))) && !std::mem::replace(&mut this.ended, true) {
            let failed = next.is_some();
            this.metrics
                .finished(this.started.elapsed(), this.cold, failed);
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.stream.size_hint()
    }
}
