//! Cleartext HTTP/2 on the same port.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::kit::{Alive, Function, Server, millis, soon};
use crate::invocation::{Body, BodyError};
use crate::server::{Drained, Limits};

type Sender = SendRequest<Full<Bytes>>;

async fn connect(server: &Server) -> (Sender, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .unwrap();
    let io = TokioIo::new(stream);
    let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn request(method: &str, body: &'static str) -> Request<Full<Bytes>> {
    let body = Full::new(Bytes::from_static(body.as_bytes()));
    let request = Request::builder().method(method).uri("http://x/path");
    request.body(body).unwrap()
}

async fn send(sender: &mut Sender, request: Request<Full<Bytes>>) -> (Response<()>, Bytes) {
    let (parts, body) = soon(sender.send_request(request))
        .await
        .unwrap()
        .into_parts();
    let body = soon(body.collect()).await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), body)
}

#[tokio::test]
async fn requests_share_a_connection() {
    let server = Server::of(Function::event(|event: Bytes| async {
        tokio::time::sleep(millis(20)).await;
        Ok(Body::Full(event))
    }))
    .await;
    let (sender, _) = connect(&server).await;
    let mut together = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut sender = sender.clone();
        together.spawn(async move { send(&mut sender, request("POST", "[1]")).await });
    }
    for (response, body) in together.join_all().await {
        assert_eq!(response.status(), 200);
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.headers().contains_key("date"));
        assert_eq!(body, "[1]");
    }
}

#[tokio::test]
async fn head_and_errors_are_as_in_http1() {
    let server = Server::start(Function::hello().with(3, millis(5000)), Limits::default()).await;
    let (mut sender, _) = connect(&server).await;
    let (head, body) = send(&mut sender, request("HEAD", "")).await;
    assert_eq!(head.headers()["content-length"], "5");
    assert!(body.is_empty());
    let (refused, body) = send(&mut sender, request("POST", "abcd")).await;
    assert_eq!(refused.status(), 413);
    assert!(body.starts_with(br#"{"errorType":"Request.TooLarge""#));
    let (again, _) = send(&mut sender, request("GET", "")).await;
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn the_preface_may_come_in_pieces() {
    let server = Server::of(Function::hello()).await;
    let mut client = server.connect().await;
    for piece in ["PRI * HT", "TP/2.0\r\n\r", "\nSM\r\n\r\n"] {
        client.send(piece).await;
        tokio::time::sleep(millis(10)).await;
    }
    client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    // The server's own settings: a frame of type 4 on stream 0.
    assert_eq!(client.read_some().await[3], 4);
}

#[tokio::test]
async fn a_reset_stream_ends_its_invocation_alone() {
    let alive = Alive::default();
    let guards = alive.clone();
    let server = Server::of(Function::web(move |request| {
        let guard = guards.guard();
        async move {
            if request.method() == "GET" {
                std::future::pending::<()>().await;
            }
            drop(guard);
            Ok(Response::new(Body::from("hello")))
        }
    }))
    .await;
    let (mut sender, _) = connect(&server).await;
    let mut other = sender.clone();
    let waiting = tokio::spawn(async move { other.send_request(request("GET", "")).await });
    alive.reaches(1).await;
    waiting.abort();
    alive.reaches(0).await;
    let (_, body) = send(&mut sender, request("POST", "")).await;
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn idle_connections_are_told_to_go() {
    let limits = Limits {
        keep_alive: millis(100),
        header_timeout: millis(100),
        ..Limits::default()
    };
    let server = Server::start(Function::hello().http(), limits).await;
    let (mut sender, connection) = connect(&server).await;
    let (_, body) = send(&mut sender, request("GET", "")).await;
    assert_eq!(body, "hello");
    soon(connection).await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_finishes_the_streams() {
    let alive = Alive::default();
    let guards = alive.clone();
    let server = Server::of(Function::web(move |_| {
        let guard = guards.guard();
        async move {
            tokio::time::sleep(millis(200)).await;
            drop(guard);
            Ok(Response::new(Body::from("done")))
        }
    }))
    .await;
    let (mut sender, _connection) = connect(&server).await;
    let waiting = tokio::spawn(async move { send(&mut sender, request("GET", "")).await });
    alive.reaches(1).await;
    let draining = server.stop();
    assert_eq!(soon(waiting).await.unwrap().1, "done");
    assert_eq!(soon(draining).await.unwrap(), Drained::default());
}

#[tokio::test]
async fn streams_that_exceed_the_grace_end_too() {
    let alive = Alive::default();
    let guards = alive.clone();
    let limits = Limits {
        grace: millis(50),
        ..Limits::default()
    };
    let endless = Function::web(move |_| {
        let guard = guards.guard();
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            unreachable!()
        }
    });
    let server = Server::start(endless.http(), limits).await;
    let (mut sender, _connection) = connect(&server).await;
    for _ in 0..2 {
        let request = sender.send_request(request("GET", ""));
        tokio::spawn(request);
    }
    alive.reaches(2).await;
    let drained = soon(server.stop()).await.unwrap();
    assert_eq!(
        (drained.aborted_connections, drained.aborted_requests),
        (1, 2)
    );
    alive.reaches(0).await;
}

/// Never stops.
struct Endless(#[expect(dead_code, reason = "held, not read")] super::kit::Guard);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 8192])))))
    }
}

#[tokio::test]
async fn a_reader_that_opens_no_window_loses_the_connection() {
    let limits = Limits {
        write_timeout: millis(150),
        ..Limits::default()
    };
    let alive = Alive::default();
    let guards = alive.clone();
    let endless = Function::answering(move || Response::new(Body::stream(Endless(guards.guard()))));
    let server = Server::start(endless.http(), limits).await;
    let (mut sender, connection) = connect(&server).await;
    let response = soon(sender.send_request(request("GET", ""))).await.unwrap();
    alive.reaches(1).await;
    alive.reaches(0).await;
    let _ = soon(connection).await;
    drop(response);
}
