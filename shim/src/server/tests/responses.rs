//! Streamed responses: in step with the reader, cut off when they fail, dropped when he leaves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::Frame;

use super::kit::{Alive, Function, GET, Guard, Server, millis};
use crate::invocation::{Body, BodyError, ErrorKind, FunctionError};

/// Sends `left` chunks, then ends well or not.
struct Chunks {
    left: usize,
    chunk: Bytes,
    fails: bool,
    polled: Arc<AtomicUsize>,
    _alive: Option<Guard>,
}

impl Chunks {
    fn new(left: usize, chunk: &'static str) -> Self {
        Self {
            left,
            chunk: Bytes::from_static(chunk.as_bytes()),
            fails: false,
            polled: Arc::default(),
            _alive: None,
        }
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.polled.fetch_add(1, Ordering::SeqCst) == 2 {
            // Lets the connection send what it has.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(if self.left > 0 {
            self.left -= 1;
            Some(Ok(Frame::data(self.chunk.clone())))
        } else if self.fails {
            let error = FunctionError::new(ErrorKind::Handler, "Broken", "broken");
            Some(Err(BodyError::Failed(Box::new(error))))
        } else {
            None
        })
    }
}

#[tokio::test]
async fn a_stream_arrives_in_chunks() {
    let server = Server::of(Function::answering(|| {
        Response::new(Body::stream(Chunks::new(3, "abc")))
    }))
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(GET).await;
        let reply = client.reply().await;
        assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
        assert_eq!(reply.body, "abcabcabc");
    }
}

#[tokio::test]
async fn a_stream_that_fails_is_cut_so_that_the_client_notices() {
    let server = Server::of(Function::answering(|| {
        let mut chunks = Chunks::new(2, "abc");
        chunks.fails = true;
        Response::new(Body::stream(chunks))
    }))
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.head().await.status, 200);
    let rest = client.read_to_end().await;
    assert!(!rest.contains("0\r\n\r\n"), "{rest:?}");
}

#[tokio::test]
async fn a_reader_that_waits_makes_the_stream_wait() {
    const CHUNK: &str = include_str!("responses.rs");
    const CHUNKS: usize = 10_000;
    let polled = Arc::new(AtomicUsize::new(0));
    let counter = polled.clone();
    let server = Server::of(Function::answering(move || {
        let mut chunks = Chunks::new(CHUNKS, CHUNK);
        chunks.polled = counter.clone();
        Response::new(Body::stream(chunks))
    }))
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    let mut before = 0;
    loop {
        tokio::time::sleep(millis(50)).await;
        let now = polled.load(Ordering::SeqCst);
        if now > 0 && now == before {
            break; // Both socket buffers are full.
        }
        before = now;
    }
    assert!(before < CHUNKS, "{before} chunks without a reader");
    assert_eq!(client.reply().await.body.len(), CHUNK.len() * CHUNKS);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_invocation() {
    let alive = Alive::default();
    let guards = alive.clone();
    let server = Server::of(Function::web(move |_| {
        let guard = guards.guard();
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            unreachable!()
        }
    }))
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    alive.reaches(1).await;
    drop(client);
    alive.reaches(0).await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_stream() {
    let alive = Alive::default();
    let guards = alive.clone();
    let server = Server::of(Function::answering(move || {
        let mut chunks = Chunks::new(usize::MAX, "abcabcabc");
        chunks._alive = Some(guards.guard());
        Response::new(Body::stream(chunks))
    }))
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.head().await.status, 200);
    alive.reaches(1).await;
    drop(client);
    alive.reaches(0).await;
}
