//! A stream of which something was read already.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::invocation::{BodyError, BoxBody};

/// Yields `read`, then what is left of `rest`.
pub fn rejoin(read: impl IntoIterator<Item = Option<Frame<Bytes>>>, rest: BoxBody) -> BoxBody {
    let told = |frame: &Frame<Bytes>| frame.data_ref().is_none_or(|data| !data.is_empty());
    let read: VecDeque<_> = read.into_iter().flatten().filter(told).collect();
    if read.is_empty() {
        return rest;
    }
    Box::pin(Rejoined { read, rest })
}

struct Rejoined {
    read: VecDeque<Frame<Bytes>>,
    rest: BoxBody,
}

impl http_body::Body for Rejoined {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.read.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => self.rest.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.read.iter().filter_map(Frame::data_ref);
        let read = read.map(|data| data.len() as u64).sum::<u64>();
        let rest = self.rest.size_hint();
        let mut both = SizeHint::new();
        both.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(read)) {
            both.set_upper(upper);
        }
        both
    }
}
