//! What a client sends while it is being answered.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;

use super::kit::{Alive, Function, Server, post};
use crate::invocation::Body;

/// Answers with the length of the body, which it reads once it is allowed to go on.
fn held(alive: &Alive, go: &Arc<Semaphore>) -> Function {
    let (alive, go) = (alive.clone(), go.clone());
    Function::web(move |request: Request<Body>| {
        let (guard, go) = (alive.guard(), go.clone());
        async move {
            go.acquire().await.unwrap().forget();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            drop(guard);
            Ok(Response::new(Body::from(
                body.len().to_string().into_bytes(),
            )))
        }
    })
}

#[tokio::test]
async fn requests_that_come_early_wait_for_their_turn() {
    let (alive, go) = (Alive::default(), Arc::new(Semaphore::new(0)));
    let server = Server::of(held(&alive, &go)).await;
    let mut client = server.connect().await;
    client.send(post("1")).await;
    alive.reaches(1).await;
    for length in [2, 3_000, 30] {
        client.send(post(&"x".repeat(length))).await;
        tokio::task::yield_now().await;
    }
    go.add_permits(4);
    for length in ["1", "2", "3000", "30"] {
        assert_eq!(client.reply().await.body, length);
    }
}

#[tokio::test]
async fn a_body_that_comes_before_it_is_wanted_is_whole() {
    let (alive, go) = (Alive::default(), Arc::new(Semaphore::new(0)));
    let server = Server::of(held(&alive, &go)).await;
    let mut client = server.connect().await;
    let request = post(&"x".repeat(300_000));
    let (first, rest) = request.split_at(100);
    client.send(first).await;
    alive.reaches(1).await;
    // Short ones: each may be read by itself.
    for piece in rest.as_bytes()[..5_000].chunks(100) {
        client.send(piece).await;
        tokio::task::yield_now().await;
    }
    go.add_permits(1);
    client.send(&rest[5_000..]).await;
    assert_eq!(client.reply().await.body, "300000");
}

#[tokio::test]
async fn who_goes_away_is_noticed_whatever_came_of_the_body() {
    for body in ["", "abc"] {
        let (alive, go) = (Alive::default(), Arc::new(Semaphore::new(0)));
        let server = Server::of(held(&alive, &go)).await;
        let mut client = server.connect().await;
        client.send(post(body)).await;
        alive.reaches(1).await;
        drop(client);
        alive.reaches(0).await;
    }
}
