//! Clients that dawdle, and how long they may.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;

use super::kit::{Alive, Function, GET, Server, millis};
use crate::invocation::Body;
use crate::server::Limits;

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let limits = Limits {
        header_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(Function::hello().http(), limits).await;
    let began = Instant::now();
    assert!(server.connect().await.is_closed().await);
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_header_that_drips_is_cut_whether_first_or_later() {
    let limits = Limits {
        header_timeout: SHORT,
        ..Limits::default()
    };
    let server = Server::start(Function::hello().http(), limits).await;
    for first in ["", GET] {
        let mut client = server.connect().await;
        if !first.is_empty() {
            client.send(first).await;
            assert_eq!(client.reply().await.body, "hello");
        }
        let began = Instant::now();
        for byte in b"GET / HTTP/1.1\r\nx: ".iter().cycle() {
            if client.try_send(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(millis(10)).await;
        }
        assert!(client.is_closed().await);
        assert!(began.elapsed() >= SHORT);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let limits = Limits {
        keep_alive: SHORT,
        ..Limits::default()
    };
    let slow = Function::answering(|| Response::new(Body::from("hello")));
    let server = Server::start(slow.http(), limits).await;
    let mut client = server.connect().await;
    for _ in 0..6 {
        client.send(GET).await;
        assert_eq!(client.reply().await.body, "hello");
        tokio::time::sleep(SHORT / 4).await;
    }
    let idle = Instant::now();
    assert!(client.is_closed().await);
    assert!(idle.elapsed() >= SHORT / 2);
}

#[tokio::test]
async fn a_handler_may_take_longer_than_any_timeout_of_the_connection() {
    let limits = Limits {
        keep_alive: millis(40),
        header_timeout: millis(40),
        write_timeout: millis(40),
        linger: millis(40),
        ..Limits::default()
    };
    let slow = Function::web(|_| async {
        tokio::time::sleep(millis(400)).await;
        Ok(Response::new(Body::from("late")))
    });
    let server = Server::start(slow.http(), limits).await;
    assert_eq!(server.exchange(GET).await.body, "late");
}

#[tokio::test]
async fn a_reader_that_stops_loses_the_connection() {
    let limits = Limits {
        write_timeout: SHORT,
        ..Limits::default()
    };
    let alive = Alive::default();
    let guards = alive.clone();
    let large = Bytes::from(vec![b'x'; 30_000_000]);
    let server = Server::start(
        Function::web(move |_| {
            let (guard, large) = (guards.guard(), large.clone());
            // The bytes are gone when the last reference to them is: it is in the connection.
            let owned = Bytes::from_owner(Held(large, guard));
            async { Ok(Response::new(Body::Full(owned))) }
        })
        .http(),
        limits,
    )
    .await;
    let mut client = server.connect().await;
    client.send(GET).await;
    alive.reaches(1).await;
    alive.reaches(0).await;
    // What was under way still comes, the rest does not.
    assert_eq!(client.head().await.status, 200);
    assert!(client.read_to_end().await.len() < 30_000_000);
}

/// Bytes that are alive.
pub(super) struct Held(
    pub(super) Bytes,
    #[expect(dead_code, reason = "held, not read")] pub(super) super::kit::Guard,
);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[tokio::test]
async fn a_slow_reader_that_goes_on_keeps_the_connection() {
    let limits = Limits {
        write_timeout: SHORT,
        keep_alive: SHORT,
        ..Limits::default()
    };
    let large = Bytes::from(vec![b'x'; 12_000_000]);
    let function = Function::answering(move || Response::new(Body::Full(large.clone())));
    let server = Server::start(function.http(), limits).await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.head().await.status, 200);
    let mut read = 0;
    while read < 12_000_000 {
        let mut burst = 0;
        while burst < 1_500_000 && read < 12_000_000 {
            let some = client.read_some().await.len();
            assert!(some > 0, "closed after {read} bytes");
            burst += some;
            read += some;
        }
        tokio::time::sleep(millis(60)).await;
    }
}
