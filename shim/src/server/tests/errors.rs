//! What callers see when something goes wrong.

use http::Response;

use super::kit::{Function, GET, Server, millis, outcome, post};
use crate::frontend::{Admin, Readiness};
use crate::invocation::{Accepts, Answer, Body, ErrorKind, FunctionError, Refusal};
use crate::server::Limits;

fn failing(kind: ErrorKind) -> Function {
    Function::event(move |_| async move { Err(FunctionError::new(kind, "My.Error", "it broke")) })
}

#[tokio::test]
async fn function_errors_are_documents() {
    for (kind, status) in [
        (ErrorKind::Handler, 500),
        (ErrorKind::BadEvent, 400),
        (ErrorKind::TimedOut, 504),
    ] {
        let server = Server::of(failing(kind)).await;
        let mut client = server.connect().await;
        for _ in 0..2 {
            client.send(post("{}")).await;
            let reply = client.reply().await;
            assert_eq!(reply.status, status);
            assert_eq!(reply.header("content-type"), Some("application/json"));
            let document = r#"{"errorType":"My.Error","errorMessage":"it broke"}"#;
            assert_eq!(reply.body, document);
            assert!(reply.header("x-request-id").is_some());
        }
    }
}

#[tokio::test]
async fn refusals_say_when_to_come_back() {
    let accepts = Accepts::Http { whole_body: false };
    let server = Server::of(Function::new(accepts, |_| async {
        Err(Refusal::Throttled {
            concurrency: 1,
            queued: 2,
            retry_after: millis(1500),
        })
    }))
    .await;
    let reply = server.exchange(GET).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert!(reply.body.contains(r#""errorType":"Request.Throttled""#));
    assert!(reply.header("x-request-id").is_some());

    let server = Server::of(Function::new(accepts, |_| async {
        Err(Refusal::ShuttingDown)
    }))
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn events_have_the_type_of_their_handler() {
    for (json_response, content_type) in [
        (true, "application/json"),
        (false, "application/octet-stream"),
    ] {
        let accepts = Accepts::Event {
            json: false,
            json_response,
        };
        let server = Server::of(Function::new(accepts, |_| async {
            Ok(outcome(Ok(Answer::Event(Body::from("1")))))
        }))
        .await;
        let reply = server.exchange(GET).await;
        assert_eq!(reply.header("content-type"), Some(content_type));
    }
}

#[tokio::test]
async fn what_http_cannot_carry_is_an_error() {
    let server = Server::of(Function::answering(|| {
        let response = Response::builder().status(101);
        response.body(Body::Empty).unwrap()
    }))
    .await;
    let reply = server.exchange(GET).await;
    assert_eq!(reply.status, 500);
    assert!(reply.body.contains("Runtime.BadResponse"), "{}", reply.body);

    let reply = server
        .exchange("CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert_eq!(reply.status, 501);
}

#[tokio::test]
async fn malformed_requests_get_400_and_a_close() {
    let server = Server::of(Function::hello()).await;
    for request in [
        "NONSENSE\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        assert_eq!(client.reply().await.status, 400, "{request:?}");
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn too_many_or_too_long_headers_get_431() {
    let server = Server::of(Function::hello()).await;
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101));
    let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(70_000));
    let endless = format!("GET / HTTP/1.1\r\na: {}", "b".repeat(600_000));
    let path = format!("GET /{} HTTP/1.1\r\n\r\n", "p".repeat(70_000));
    for request in [many, long, endless, path] {
        let mut client = server.connect().await;
        client.send(&request).await;
        assert_eq!(client.reply().await.status, 431);
        assert!(client.is_closed().await);
    }
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
    assert_eq!(server.exchange(&many).await.status, 200);
}

#[tokio::test]
async fn the_admin_listener_tells_readiness() {
    let readiness = Readiness::new();
    let server = Server::start(
        Admin::new(readiness.clone(), Default::default()),
        Limits::default(),
    )
    .await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(server.exchange(&get("/live")).await.body, "ok");
    assert_eq!(server.exchange(&get("/ready")).await.status, 503);
    readiness.set_ready();
    assert_eq!(server.exchange(&get("/ready")).await.status, 200);
    readiness.set_stopping();
    let reply = server.exchange(&get("/ready")).await;
    assert_eq!((reply.status, &*reply.body), (503, "shutting down"));
    let reply = server.exchange(&get("/x")).await;
    assert_eq!(reply.status, 404);
    assert!(reply.body.starts_with(r#"{"errorType":"Request.NotFound""#));
    let reply = server
        .exchange(&post("{}").replace("POST /", "POST /live"))
        .await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
}
