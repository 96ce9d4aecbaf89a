//! The end of serving.

use std::time::{Duration, Instant};

use http::Response;
use tokio::net::TcpStream;

use super::kit::{Alive, Function, GET, Server, millis, post, soon};
use crate::invocation::Body;
use crate::server::{Drained, Limits};

/// Takes a while, and can be seen.
fn slow(alive: &Alive, millis: u64) -> Function {
    let alive = alive.clone();
    Function::web(move |_| {
        let guard = alive.guard();
        async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            drop(guard);
            Ok(Response::new(Body::from("done")))
        }
    })
}

#[tokio::test]
async fn idle_connections_close_at_once() {
    let server = Server::of(Function::hello()).await;
    let mut used = server.connect().await;
    used.send(GET).await;
    assert_eq!(used.reply().await.body, "hello");
    let mut after_body = server.connect().await;
    after_body.send(post("x")).await;
    assert_eq!(after_body.reply().await.body, "hello");
    let mut fresh = server.connect().await;
    tokio::time::sleep(millis(20)).await;
    let began = Instant::now();
    let draining = server.stop();
    assert!(used.is_closed().await);
    assert!(after_body.is_closed().await);
    assert!(fresh.is_closed().await);
    drop((used, after_body, fresh));
    assert_eq!(soon(draining).await.unwrap(), Drained::default());
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn requests_in_flight_finish_and_new_ones_are_refused() {
    let alive = Alive::default();
    let server = Server::of(slow(&alive, 300)).await;
    let port = server.port;
    let mut client = server.connect().await;
    client.send(GET).await;
    alive.reaches(1).await;
    let draining = server.stop();
    let refused = soon(async {
        loop {
            // The listener closes as soon as the signal has been seen.
            if TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                break;
            }
            tokio::time::sleep(millis(2)).await;
        }
    });
    refused.await;
    let reply = client.reply().await;
    assert_eq!(reply.body, "done");
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.is_closed().await);
    assert_eq!(soon(draining).await.unwrap(), Drained::default());
}

#[tokio::test]
async fn what_exceeds_the_grace_is_cut_and_counted() {
    let alive = Alive::default();
    let limits = Limits {
        grace: millis(50),
        ..Limits::default()
    };
    let server = Server::start(slow(&alive, 60_000).http(), limits).await;
    let mut clients = [server.connect().await, server.connect().await];
    for client in &mut clients {
        client.send(GET).await;
    }
    alive.reaches(2).await;
    let drained = soon(server.stop()).await.unwrap();
    assert_eq!(drained.aborted_connections, 2);
    assert_eq!(drained.aborted_requests, 2);
    alive.reaches(0).await;
    assert!(clients[0].is_closed().await);
}

#[tokio::test]
async fn dropping_the_server_cuts_everything() {
    let alive = Alive::default();
    let server = Server::of(slow(&alive, 60_000)).await;
    let mut client = server.connect().await;
    client.send(GET).await;
    alive.reaches(1).await;
    server.drop_it();
    alive.reaches(0).await;
    assert!(client.is_closed().await);
}
