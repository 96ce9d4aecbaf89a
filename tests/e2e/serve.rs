//! Handlers of events: bytes, JSON, nothing at all; async and plain.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use shim_testkit::{json, plugin};

use crate::{serve, shim};

#[test]
fn bytes_come_back_as_they_went() {
    let shim = serve("echo").start();
    let every_byte: Vec<u8> = (0..=255).collect();
    shim.post("/", &every_byte)
        .expect_status(200)
        .expect_header("content-type", "application/octet-stream")
        .expect_header("content-length", "256")
        .expect_body(&every_byte);
    shim.get("/").expect_status(200).expect_body("");
}

#[test]
fn json_becomes_the_authors_types_and_back() {
    let shim = serve("greet").start();
    shim.post("/any/path?at=all", r#"{"name":"you \u00e9"}"#)
        .expect_status(200)
        .expect_header("content-type", "application/json")
        .expect_body(r#"{"text":"Hello, you é!"}"#);
}

#[test]
fn any_method_carries_an_event() {
    let shim = serve("greet").start();
    for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "PURGE"] {
        shim.request(method, "/", "", br#"{"name":"you"}"#)
            .expect_status(200)
            .expect_body(r#"{"text":"Hello, you!"}"#);
    }
}

#[test]
fn an_event_that_does_not_fit_is_the_callers_mistake() {
    let shim = serve("greet").start();
    for wrong in ["", "{", r#"{"nom":"you"}"#, "[]", "\u{0}"] {
        let response = shim.post("/", wrong);
        response.expect_error(400, "InvalidEvent");
        assert!(
            response.error_message().contains("Greeting"),
            "{response:?}"
        );
    }
}

#[test]
fn a_plain_function_is_a_handler_too() {
    let shim = serve("double").start();
    shim.post("/", "21").expect_status(200).expect_body("42");
    shim.post("/", u64::MAX.to_string())
        .expect_error(500, "TooLarge");
}

#[test]
fn a_handler_may_take_and_give_nothing() {
    let shim = serve("nothing").start();
    shim.get("/").expect_status(200).expect_json(&json!(null));
    shim.post("/", r#"{"what":"ever"}"#).expect_status(200);
}

#[test]
fn every_answer_says_when_and_for_which_request() {
    let shim = serve("echo").start();
    let first = shim.get("/");
    let id = first.header("x-request-id").unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    assert!(first.header("date").unwrap().ends_with(" GMT"));
    assert_ne!(shim.get("/").header("x-request-id"), Some(id));
}

#[test]
fn sockets_work_in_a_handler() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        write!(stream, "you said {said}").unwrap();
    });
    let shim = serve("dials").start();
    let event = json!({ "address": address, "say": "hello" });
    shim.post("/", event.to_string())
        .expect_status(200)
        .expect_json(&json!("you said hello"));
    server.join().unwrap();
}

#[test]
fn tasks_timers_and_threads_work_in_a_handler() {
    let shim = serve("spawns").start();
    // Also when the handler has become one that runs inline.
    for _ in 0..30 {
        shim.post("/", "[1,2,3]")
            .expect_status(200)
            .expect_body("6");
    }
    let shim = serve("threads").start();
    for _ in 0..30 {
        shim.post("/", "[1,2,3]")
            .expect_status(200)
            .expect_body("60");
    }
}

/// A plugin is trusted code in the same process: this is documented, not prevented.
#[test]
fn a_plugin_that_aborts_takes_the_shim_with_it() {
    const SIGABRT: i32 = 6;
    let shim = serve("aborts").start();
    let mut connection = shim.connect();
    connection.send_request("GET", "/", "", b"");
    assert!(connection.try_response().is_err());
    assert_eq!(shim.wait_exit(), -SIGABRT, "{}", shim.said());
}

#[test]
fn the_example_is_served_by_the_handler_of_the_usual_name() {
    let shim = shim().serve(plugin("example-plugin")).start();
    shim.get("/items").expect_status(200);
    let quote = shim.post("/quote", r#"{"items":{"coffee":2,"filter":1}}"#);
    assert_eq!(quote.expect_status(200).json()["total"], 2130);
    shim.get("/nowhere").expect_status(404);
}

#[test]
fn the_examples_other_handler_is_served_when_asked_for() {
    let shim = shim()
        .serve(plugin("example-plugin"))
        .handler("quote")
        .start();
    let quote = shim.post("/", r#"{"items":{"coffee":1}}"#);
    assert_eq!(quote.expect_status(200).json()["total"], 890);
    shim.post("/", r#"{"items":{"grinder":9}}"#)
        .expect_error(500, "OutOfStock");
    shim.stop();
    shim.wait_for_message("till closed");
}
