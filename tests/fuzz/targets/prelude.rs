//! Streamed responses with a prelude: the same head and body wherever the stream is cut.

#![no_main]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use shim::frontend::url::{PreludeError, split};
use shim::invocation::BoxBody;

fuzz_target!(|input: (&[u8], usize)| {
    let (data, at) = input;
    let (one, other) = data.split_at(at.min(data.len()));
    let whole = read(&[data]);
    assert_eq!(whole, read(&[one, other]));
});

/// Status and body; `None`: it fails.
fn read(pieces: &[&[u8]]) -> Option<(u16, Bytes)> {
    let frames: Vec<Bytes> = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
    let (status, body): (u16, BoxBody) = match now(split(shim::frontend::fuzzing::stream(frames))) {
        Ok((head, body)) => (head.status.as_u16(), body),
        Err(PreludeError::Absent { body, .. }) => (0, body),
        Err(_) => return None,
    };
    let body = now(body.collect()).ok()?;
    Some((status, body.to_bytes()))
}

/// Nothing in here waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
