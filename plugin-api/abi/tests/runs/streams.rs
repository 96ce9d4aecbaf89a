//! Streamed responses.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use futures_core::Stream as _;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::own_thread::block_on;
use plugin_api_abi::stream::{AbiChunk, AbiStream, CHUNK_DATA, CHUNK_ERROR};
use plugin_api_abi::types::PLACE_INLINE;

use crate::Obedient;
use crate::support::{Counts, Loaded, eventually};

fn read(stream: &mut AbiStream) -> Option<AbiChunk> {
    block_on(poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)))
}

#[test]
fn a_streamed_response_comes_to_its_end() {
    let handler = Loaded::<Obedient>::load("streams").unwrap();
    let (instance, _) = handler.start();
    let reply = handler.run(instance, PLACE_INLINE, "stream").reply();
    let mut stream = reply.stream.into_option().unwrap();
    for _ in 0..3 {
        let chunk = read(&mut stream).unwrap();
        assert_eq!(
            (chunk.kind, chunk.data.as_slice()),
            (CHUNK_DATA, &b"piece"[..])
        );
    }
    assert!(read(&mut stream).is_none());
    assert!(read(&mut stream).is_none());
    handler.stop(instance).unwrap();
}

#[test]
fn a_stream_that_panics_ends_in_an_error() {
    let handler = Loaded::<Obedient>::load("panics in the stream").unwrap();
    let (instance, _) = handler.start();
    let run = handler.run(instance, PLACE_INLINE, "stream, then panic");
    let mut stream = run.reply().stream.into_option().unwrap();
    let kinds: Vec<_> = std::iter::from_fn(|| read(&mut stream)).collect();
    let last = kinds.into_iter().next_back().unwrap();
    assert_eq!(last.kind, CHUNK_ERROR);
    let fault = Fault::from_fields(0, last.fields);
    assert_eq!(fault.message, "in the stream");
    handler.stop(instance).unwrap();
}

#[test]
fn a_stream_whose_reader_leaves_is_dropped() {
    let counts = Counts::of("reader leaves");
    let handler = Loaded::<Obedient>::load("reader leaves").unwrap();
    let (instance, _) = handler.start();
    let run = handler.run(instance, PLACE_INLINE, "endless stream");
    let mut stream = run.reply().stream.into_option().unwrap();
    assert_eq!(read(&mut stream).unwrap().kind, CHUNK_DATA);
    assert_eq!(counts.ended.load(Ordering::SeqCst), 1);
    drop(stream);
    eventually("the stream is dropped", || {
        counts.ended.load(Ordering::SeqCst) == 2
    });

    // The signal ends it as well, and says so.
    let mut run = handler.run(instance, PLACE_INLINE, "endless stream");
    let Poll::Ready(reply) = run.poll() else {
        panic!("not ready");
    };
    let mut stream = reply.stream.into_option().unwrap();
    run.0.cancel.cancel();
    let last = std::iter::from_fn(|| read(&mut stream)).last().unwrap();
    assert_eq!(last.kind, CHUNK_ERROR);
    handler.stop(instance).unwrap();
}
