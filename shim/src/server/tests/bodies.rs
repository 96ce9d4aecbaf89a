//! Bodies of requests: whole, streamed, too large, too slow, cut off.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;

use super::kit::{Function, Server, millis, post};
use crate::invocation::{Body, BodyError, ErrorKind, FunctionError};
use crate::server::Limits;

async fn read(body: &mut Body) -> Result<Vec<u8>, BodyError> {
    let mut all = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            all.extend_from_slice(&data);
        }
    }
    Ok(all)
}

/// Tells the kind of body it got, and its length.
fn measuring() -> Function {
    Function::web(|mut request: Request<Body>| async move {
        let kind = match request.body() {
            Body::Empty => "empty",
            Body::Full(_) => "full",
            Body::Stream(_) => "stream",
        };
        let all = read(request.body_mut()).await;
        let all =
            all.map_err(|error| FunctionError::new(ErrorKind::Handler, "X", error.to_string()))?;
        let text = format!("{kind} {}", all.len());
        Ok(Response::new(Body::from(text.into_bytes())))
    })
}

fn chunked(chunks: &[&str]) -> String {
    let mut request = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for chunk in chunks {
        request += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    request + "0\r\n\r\n"
}

#[tokio::test]
async fn small_bodies_come_whole_and_others_stream() {
    let server = Server::of(measuring()).await;
    let mut client = server.connect().await;
    let large = "x".repeat(1_000_000);
    for (request, expected) in [
        (post(""), "empty 0"),
        (post("abc"), "full 3"),
        (post(&large[..65_536]), "full 65536"),
        (post(&large[..65_537]), "stream 65537"),
        (post(&large), "stream 1000000"),
        (chunked(&["ab", "cde"]), "stream 5"),
    ] {
        client.send(&request).await;
        assert_eq!(client.reply().await.body, expected);
    }
}

#[tokio::test]
async fn events_are_whole_however_they_come() {
    let server = Server::of(Function::event(|event: Bytes| async {
        Ok(Body::Full(event))
    }))
    .await;
    let mut client = server.connect().await;
    let large = "x".repeat(3_000_000);
    client.send(post(&large)).await;
    assert_eq!(client.reply().await.body, large);
    client.send(chunked(&["ab", "c", &large[..100_000]])).await;
    let reply = client.reply().await.body;
    assert_eq!((&reply[..4], reply.len()), ("abcx", 100_003));
    client.send(chunked(&[])).await;
    assert_eq!(client.reply().await.body, "{}");
}

const EXPECT: &str = "POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: ";

#[tokio::test]
async fn continue_is_said_when_the_body_is_wanted() {
    let server = Server::of(measuring()).await;
    let mut client = server.connect().await;
    client.send(format!("{EXPECT}3\r\n\r\n")).await;
    assert_eq!(client.head().await.status, 100);
    client.send("abc").await;
    assert_eq!(client.reply().await.body, "full 3");
}

#[tokio::test]
async fn an_announced_body_that_is_too_large_is_refused_at_once() {
    let server = Server::start(measuring().with(1000, millis(5000)), Limits::default()).await;
    let mut client = server.connect().await;
    client.send(format!("{EXPECT}1001\r\n\r\n")).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(reply.body.starts_with(r#"{"errorType":"Request.TooLarge""#));
    assert!(client.is_closed().await);
    // The limit itself is allowed.
    let body = "x".repeat(1000);
    assert_eq!(server.exchange(&post(&body)).await.body, "full 1000");
}

#[tokio::test]
async fn a_client_that_does_not_wait_can_still_read_the_refusal() {
    let app = measuring().with(1000, millis(5000));
    let server = Server::start(app, Limits::default()).await;
    for _ in 0..5 {
        let mut client = server.connect().await;
        client.send(post(&"x".repeat(3_000_000))).await;
        assert_eq!(client.reply().await.status, 413);
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn an_unannounced_body_that_is_too_large_is_refused_when_it_is() {
    let event = Function::event(|event: Bytes| async { Ok(Body::Full(event)) });
    for function in [event, measuring()] {
        let server = Server::start(function.with(1000, millis(5000)), Limits::default()).await;
        let half = "x".repeat(600);
        assert_eq!(server.exchange(&chunked(&[&half])).await.status, 200);
        assert_eq!(server.exchange(&chunked(&[&half, &half])).await.status, 413);
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let event = Function::event(|event: Bytes| async { Ok(Body::Full(event)) });
    for function in [event, measuring()] {
        let server = Server::start(function.with(1_000_000, millis(150)), Limits::default()).await;
        let mut client = server.connect().await;
        client
            .send("POST / HTTP/1.1\r\ncontent-length: 100000\r\n\r\n")
            .await;
        for _ in 0..4 {
            // Slow, but not too slow.
            tokio::time::sleep(millis(60)).await;
            client.send("x").await;
        }
        let reply = client.reply().await;
        assert_eq!(reply.status, 408);
        assert!(reply.body.contains("Request.TooSlow"));
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_never_reaches_an_event_handler() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let server = Server::of(Function::event(move |event: Bytes| {
        counter.fetch_add(1, Ordering::SeqCst);
        async { Ok(Body::Full(event)) }
    }))
    .await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc")
        .await;
    tokio::time::sleep(millis(20)).await;
    drop(client);
    server.stop().await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn broken_chunks_get_400() {
    let server = Server::of(Function::event(|event: Bytes| async {
        Ok(Body::Full(event))
    }))
    .await;
    let request = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert_eq!(server.exchange(request).await.status, 400);
}

/// Runs a future on a thread that no runtime knows.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[tokio::test]
async fn a_streamed_body_can_be_read_outside_the_runtime() {
    let function = Function::web(|mut request: Request<Body>| async move {
        let (done, read_there) = tokio::sync::oneshot::channel();
        thread::spawn(move || {
            let _ = done.send(block_on(read(request.body_mut())));
        });
        let text = format!("{:?}", read_there.await.unwrap().map(|all| all.len()));
        Ok(Response::new(Body::from(text.into_bytes())))
    });
    let server = Server::start(function.with(1_000_000, millis(100)), Limits::default()).await;
    let mut client = server.connect().await;
    client.send(post(&"x".repeat(500_000))).await;
    assert_eq!(client.reply().await.body, "Ok(500000)");
    client
        .send("POST / HTTP/1.1\r\ncontent-length: 100000\r\n\r\nabc")
        .await;
    assert_eq!(client.reply().await.body, "Err(TooSlow { seconds: 0 })");
}
