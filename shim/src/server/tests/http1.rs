//! HTTP/1 as it stands on the wire.

use http::Response;

use super::kit::{Function, GET, Server, post};
use crate::invocation::{Accepts, Answer, Body, Payload};
use crate::server::tests::kit::outcome;

#[tokio::test]
async fn a_request_gets_its_response() {
    let server = Server::of(Function::hello()).await;
    let reply = server.exchange(GET).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, "hello");
    assert_eq!(reply.header("content-length"), Some("5"));
    assert!(reply.header("date").is_some());
    assert_eq!(reply.header("x-request-id").map(str::len), Some(36));
}

#[tokio::test]
async fn a_web_handler_sees_method_path_headers_and_body() {
    let server = Server::of(Function::web(|request| async move {
        let text = format!(
            "{} {} {:?} {:?}",
            request.method(),
            request.uri(),
            request.headers()["x-mine"],
            request.body()
        );
        Ok(Response::new(Body::from(text.into_bytes())))
    }))
    .await;
    let request = "PURGE /a/b?c=d HTTP/1.1\r\nhost: x\r\nx-mine: 1\r\ncontent-length: 3\r\n\r\nabc";
    let reply = server.exchange(request).await;
    assert_eq!(reply.body, r#"PURGE /a/b?c=d "1" Full(3 bytes)"#);
}

#[tokio::test]
async fn one_connection_carries_many_requests_even_at_once() {
    let server = Server::of(Function::event(|event| async { Ok(Body::Full(event)) })).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(post("1")).await;
        assert_eq!(client.reply().await.body, "1");
    }
    client
        .send([post("2"), post("3"), GET.to_owned()].concat())
        .await;
    assert_eq!(client.reply().await.body, "2");
    assert_eq!(client.reply().await.body, "3");
    assert_eq!(client.reply().await.body, "{}");
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let server = Server::of(Function::hello()).await;
    let mut client = server.connect().await;
    for byte in GET.as_bytes() {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.reply().await.body, "hello");
}

#[tokio::test]
async fn head_has_the_length_of_get_and_no_body() {
    let server = Server::of(Function::hello()).await;
    let mut client = server.connect().await;
    client.send("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let head = client.head().await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5"))
    );
    // Had there been a body, it would stand before this.
    client.send(GET).await;
    assert_eq!(client.reply().await.body, "hello");
}

#[tokio::test]
async fn statuses_without_a_body_have_none() {
    for status in [204, 304] {
        let server = Server::of(Function::answering(move || {
            let response = Response::builder().status(status);
            response.body(Body::from("not to be sent")).unwrap()
        }))
        .await;
        let mut client = server.connect().await;
        client.send(GET).await;
        let head = client.head().await;
        assert_eq!(head.status, status);
        assert_eq!(head.header("content-length"), None);
        client.send(GET).await;
        assert_eq!(client.head().await.status, status);
    }
}

#[tokio::test]
async fn what_a_handler_says_about_framing_does_not_break_the_connection() {
    let server = Server::of(Function::answering(|| {
        Response::builder()
            .header("content-length", "999")
            .header("transfer-encoding", "chunked")
            .header("x-own", "kept")
            .body(Body::from("hello"))
            .unwrap()
    }))
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(GET).await;
        let reply = client.reply().await;
        assert_eq!(reply.body, "hello");
        assert_eq!(reply.header("content-length"), Some("5"));
        assert_eq!(reply.header("x-own"), Some("kept"));
    }
}

#[tokio::test]
async fn request_ids_are_the_callers_or_new_or_the_handlers_own() {
    let server = Server::of(Function::web(|request| async move {
        let mut response = Response::new(Body::Empty);
        if let Some(own) = request.headers().get("x-own-id") {
            response.headers_mut().insert("x-request-id", own.clone());
        }
        Ok(response)
    }))
    .await;
    let with = |headers: &str| format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let callers = server.exchange(&with("x-request-id: abc-1\r\n")).await;
    assert_eq!(callers.header("x-request-id"), Some("abc-1"));
    let bad = server.exchange(&with("x-request-id: a b\r\n")).await;
    assert_eq!(bad.header("x-request-id").map(str::len), Some(36));
    let own = server
        .exchange(&with("x-request-id: abc\r\nx-own-id: mine\r\n"))
        .await;
    assert_eq!(own.header("x-request-id"), Some("mine"));
}

#[tokio::test]
async fn id_and_trace_reach_the_invocation() {
    let accepts = Accepts::Http { whole_body: true };
    let server = Server::of(Function::new(accepts, |invocation| async move {
        assert!(matches!(invocation.payload, Payload::Http(_)));
        let text = format!("{} {:?}", invocation.id, invocation.trace_id);
        let response = Response::new(Body::from(text.into_bytes()));
        Ok(outcome(Ok(Answer::Http(Box::new(response)))))
    }))
    .await;
    let request = "GET / HTTP/1.1\r\nX-Request-Id: r1\r\nX-Amzn-Trace-Id: Root=1\r\n\r\n";
    assert_eq!(server.exchange(request).await.body, "r1 Some(\"Root=1\")");
}

#[tokio::test]
async fn http_1_0_closes_unless_asked_not_to() {
    let server = Server::of(Function::hello()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(client.reply().await.body, "hello");
    assert!(client.is_closed().await);
    let mut client = server.connect().await;
    for _ in 0..2 {
        let request = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
        client.send(request).await;
        assert_eq!(client.reply().await.body, "hello");
    }
}
