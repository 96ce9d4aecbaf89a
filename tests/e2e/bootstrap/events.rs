//! Events and responses of every shape.

use shim_testkit::json;
use shim_testkit::runtime_api::{Endpoint, Event};

use super::handler;

#[test]
fn free_form_events_come_and_go_as_they_are() {
    let function = handler("echo").start();
    for event in [
        r#""text""#,
        "7",
        "-1.5e300",
        "true",
        "null",
        "[]",
        "[1,[2,[3]]]",
        "{}",
        r#"{"a":{"b":[{"c":null}]},"d":"\u00e9 \ud83d\ude00 \\ \" \n"}"#,
        " { \"spaces\" :\t1 }\r\n",
        "\"é 😀\"",
    ] {
        function.invoke(event).expect_response(event);
    }
}

#[test]
fn events_have_types() {
    let function = handler("greet").start();
    let event = json!({ "name": "you", "and": ["more"] });
    function
        .invoke(event)
        .expect_response(r#"{"text":"Hello, you!"}"#);
    let function = handler("double").start();
    function.invoke("21").expect_response("42");
    let function = handler("nothing").start();
    function.invoke("{}").expect_response("null");
}

#[test]
fn an_event_of_another_type_fails_its_invocation_only() {
    let function = handler("greet").start();
    for odd in ["7", "{}", "not json", ""] {
        let outcome = function.invoke(odd);
        assert_eq!(outcome.endpoint(), Endpoint::Error, "{odd}: {outcome:#?}");
        let document = outcome.json();
        assert!(document["errorType"].is_string(), "{document}");
        assert!(document["errorMessage"].is_string(), "{document}");
    }
    function
        .invoke(r#"{"name":"you"}"#)
        .expect_response(r#"{"text":"Hello, you!"}"#);
}

#[test]
fn an_event_may_come_in_chunks() {
    let function = handler("echo").start();
    let event = format!("\"{}\"", "x".repeat(100_000));
    for size in [1000, 65_536, 1_000_000] {
        let delivery = Event::new(event.clone());
        let id = delivery.request_id();
        function.script(Endpoint::Next, delivery.into_answer().chunked(size));
        function.outcome(&id).expect_response(&event);
    }
    let delivery = Event::new("[1,2]");
    let id = delivery.request_id();
    function.script(Endpoint::Next, delivery.into_answer().chunked(1));
    function.outcome(&id).expect_response("[1,2]");
}

#[test]
fn a_loop_keeps_its_connection() {
    let function = handler("echo").start();
    for number in 0..100 {
        let number = number.to_string();
        function.invoke(&*number).expect_response(&number);
    }
    assert_eq!(function.connections(), 1);
    assert_eq!(function.count(Endpoint::Response), 100);
}

#[test]
fn what_is_sent_is_what_the_runtime_api_wants() {
    let function = handler("echo").start();
    let outcome = function.invoke("[1]");
    assert!(
        outcome
            .path()
            .starts_with("/2018-06-01/runtime/invocation/")
    );
    assert_eq!(outcome.header("content-length"), Some("3"));
    assert_eq!(
        outcome.header("lambda-runtime-function-response-mode"),
        None
    );
    for request in function.received() {
        let host = function.address().to_string();
        assert_eq!(request.header("host"), Some(&*host), "{request:#?}");
        let agent = request.header("user-agent").unwrap_or_default();
        assert!(agent.contains("shim"), "{request:#?}");
    }
}
