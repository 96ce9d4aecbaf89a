//! A handler that holds its thread does not stall the others.
//!
//! The held ones wait for another request to release them. If that one were stalled, they would
//! give up after a while and answer with an error.

use shim_testkit::{Shim, eventually};

use crate::{begin, post_all, serve};

/// Each handler, and how it holds its thread.
const ALL: [(&str, &str); 4] = [
    ("holds", "/block"),
    ("holds", "/spin"),
    ("holds_plain", "/block"),
    ("holds_plain", "/spin"),
];

/// Has `count` invocations hold their threads, and serves others meanwhile.
fn hold(shim: &Shim, path: &str, count: usize) {
    let mut held: Vec<_> = (0..count).map(|_| begin(shim, path, "")).collect();
    eventually("all are held", || {
        let now = shim.get("/held").expect_status(200).text();
        (now == count.to_string()).then_some(())
    });
    for _ in 0..20 {
        shim.get("/").expect_status(200).expect_body("quick");
    }
    shim.get("/release").expect_status(200);
    for held in &mut held {
        held.response().expect_status(200).expect_body("released");
    }
}

fn be_quick(shim: &Shim, times: usize) {
    let mut connection = shim.connect();
    for _ in 0..times {
        connection.get("/").expect_status(200).expect_body("quick");
    }
}

#[test]
fn from_the_first_request_on() {
    for (handler, path) in ALL {
        hold(&serve(handler).start(), path, 12);
    }
}

#[test]
fn nor_when_it_was_quick_for_long() {
    for (handler, path) in ALL {
        let shim = serve(handler).arg("--threads", "2").start();
        be_quick(&shim, 1000);
        hold(&shim, path, 12);
    }
}

#[test]
fn nor_when_there_is_one_thread() {
    for (handler, path) in ALL {
        let shim = serve(handler).arg("--threads", "1").start();
        be_quick(&shim, 1000);
        hold(&shim, path, 5);
    }
}

#[test]
fn nor_when_dozens_of_async_ones_do() {
    hold(&serve("holds").start(), "/block", 40);
}

#[test]
fn nor_when_hundreds_of_plain_ones_do() {
    hold(&serve("holds_plain").start(), "/block", 700);
}

/// One connection of many requests at a time: they share a thread of the host's.
#[test]
fn nor_on_a_connection_that_is_shared() {
    for (handler, path) in ALL {
        let shim = serve(handler).start();
        let http2 = shim.http2();
        let held: Vec<_> = (0..8).map(|_| http2.begin("GET", path, b"")).collect();
        eventually("all are held", || {
            let now = http2.request("GET", "/held", b"").expect_status(200).text();
            (now == "8").then_some(())
        });
        http2.request("GET", "/release", b"").expect_status(200);
        for held in held {
            http2
                .finish(held)
                .expect_status(200)
                .expect_body("released");
        }
    }
}

/// Threads that stand in and go back to sleep must leave nothing behind undone.
#[test]
fn nor_when_threads_are_held_for_moments() {
    for (handler, policy) in [
        ("holds", "adaptive"),
        ("holds_plain", "adaptive"),
        ("holds", "inline"),
    ] {
        let shim = serve(handler)
            .arg("--threads", "2")
            .arg("--placement", policy)
            .start();
        let mut connections: Vec<_> = (0..40).map(|_| shim.connect()).collect();
        for round in 0..60 {
            for (number, connection) in connections.iter_mut().enumerate() {
                let path = if (number + round) % 10 == 0 {
                    "/nap"
                } else {
                    "/"
                };
                connection.send_request("GET", path, "", b"");
            }
            for connection in &mut connections {
                connection.response().expect_status(200);
            }
        }
    }
}

#[test]
fn every_policy_gives_the_same_answers() {
    for policy in ["adaptive", "inline", "spawned"] {
        let bodies: Vec<_> = (0..50).map(|number| number.to_string()).collect();
        let shim = serve("double").arg("--placement", policy).start();
        for (number, response) in post_all(&shim, "/", &bodies).iter().enumerate() {
            response
                .expect_status(200)
                .expect_body((number * 2).to_string());
        }
        let bodies = vec![r#"{"ms":5}"#.to_owned(); 50];
        let shim = serve("sleeps").arg("--placement", policy).start();
        for response in post_all(&shim, "/", &bodies) {
            response.expect_status(200).expect_body("\"slept\"");
        }
        shim.post("/", "no event").expect_status(400);
    }
}
