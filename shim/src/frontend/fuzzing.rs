//! Ways into parsers that are nobody else's business, for the targets in `tests/fuzz`.

use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;

use super::invoke;
use crate::invocation::{BodyError, BoxBody};

/// Reads a request of the Invoke API.
pub fn call(head: &http::request::Parts) {
    invoke::fuzz(head);
}

/// Whether a quick look takes a text for JSON.
pub fn is_plain_json(text: &[u8]) -> bool {
    invoke::fuzz_json(text)
}

/// A body that comes in these pieces.
pub fn stream(pieces: Vec<Bytes>) -> BoxBody {
    struct Pieces(std::vec::IntoIter<Bytes>);
    impl futures_core::Stream for Pieces {
        type Item = Result<Frame<Bytes>, BodyError>;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
        }
    }
    Box::pin(StreamBody::new(Pieces(pieces.into_iter())))
}
