//! Streams in chunks, numbers at random.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;

use crate::invocation::{Body, BodyError, BoxBody};

/// A stream of `frames`; it is not ready before each of them.
pub(super) fn stream(frames: impl IntoIterator<Item = Result<Frame<Bytes>, BodyError>>) -> BoxBody {
    let frames = frames.into_iter().collect();
    Box::pin(Chunks {
        frames,
        ready: false,
    })
}

pub(super) fn chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> BoxBody {
    let frame = |chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)));
    stream(chunks.into_iter().map(frame))
}

struct Chunks {
    frames: VecDeque<Result<Frame<Bytes>, BodyError>>,
    ready: bool,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.ready = !self.ready;
        if self.ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.frames.pop_front())
    }
}

/// All bytes of a body.
pub(super) async fn bytes(body: BoxBody) -> Bytes {
    body.collect().await.unwrap().to_bytes()
}

/// The bytes of a body that is whole.
pub(super) fn whole(body: Body) -> Bytes {
    match body {
        Body::Empty => Bytes::new(),
        Body::Full(bytes) => bytes,
        Body::Stream(_) => panic!("a stream"),
    }
}

/// Numbers that look random and are the same in every run (xorshift).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Up to `limit` bytes, of those that matter to the parsers more often than not.
    pub(super) fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let length = self.below(limit + 1);
        let byte = |_| match self.below(4) {
            0 => self.next() as u8,
            1 => self.pick(b"\0\0\0\r\n\t \x7f\x80\xc3\xa9\xff"),
            _ => self.pick(b"{}[]\":,+%=&;/?#*@.-0123456789aeflnrstu\\"),
        };
        (0..length).map(byte).collect()
    }
}
