//! Responses that are streamed: in chunks, with the error of a broken one in real trailers.

use shim_testkit::json;
use shim_testkit::runtime_api::{Answer, Endpoint};

use super::handler;
use crate::Gate;

#[test]
fn a_stream_comes_in_the_pieces_in_which_it_was_made() {
    let function = handler("tape").start();
    for _ in 0..3 {
        let outcome = function.invoke(r#"{"pieces":3}"#);
        outcome.expect_response("piece 1;piece 2;piece 3;");
        assert_eq!(outcome.chunks(), [8, 8, 8]);
        assert_eq!(
            outcome.header("lambda-runtime-function-response-mode"),
            Some("streaming")
        );
        assert!(outcome.is_chunked());
        assert_eq!(outcome.header("content-length"), None);
        for trailer in ["type", "body"] {
            let name = format!("lambda-runtime-function-error-{trailer}");
            assert_eq!(outcome.trailer(&name), None);
        }
    }
}

#[test]
fn the_first_piece_does_not_wait_for_the_second() {
    let gate = Gate::new();
    let function = handler("pieces").start();
    let id = function.send(gate.event());
    let begun = function.wait_for("the first piece", |request| {
        request.request_id() == Some(&id) && request.text() == "first;"
    });
    assert!(!begun.is_whole());
    gate.open();
    function.outcome(&id).expect_response("first;second");
}

#[test]
fn a_stream_may_be_empty() {
    let function = handler("tape").start();
    let outcome = function.invoke(r#"{"pieces":0}"#);
    outcome.expect_response("");
    assert!(outcome.is_chunked());
    function
        .invoke(r#"{"pieces":1}"#)
        .expect_response("piece 1;");
}

#[test]
fn an_error_in_the_middle_is_told_in_trailers() {
    let function = handler("tape").start();
    let outcome = function.invoke(r#"{"pieces":2,"fail":true}"#);
    outcome.expect_response("piece 1;piece 2;");
    let document = outcome.expect_trailing_error();
    assert_eq!(document["errorType"], "Torn");
    assert_eq!(document["errorMessage"], "the tape broke");
    assert_eq!(
        outcome.trailer("lambda-runtime-function-error-type"),
        Some("Function.Torn")
    );
    let id = outcome.request_id().unwrap();
    let line = function
        .process()
        .wait_for_log("of the error", |log| log.request_id() == id);
    assert_eq!(line.level(), "ERROR");
    // Nothing of it is left for the next one.
    let outcome = function.invoke(r#"{"pieces":1}"#);
    outcome.expect_response("piece 1;");
    assert_eq!(outcome.trailer("lambda-runtime-function-error-type"), None);
}

#[test]
fn a_panic_in_the_middle_is_told_in_trailers() {
    let function = handler("stream_panics").start();
    for _ in 0..2 {
        let outcome = function.invoke("{}");
        outcome.expect_response("a piece;a piece;");
        let document = outcome.expect_trailing_error();
        assert_eq!(document["errorType"], "Runtime.Panic");
        assert_eq!(document["errorMessage"], "the stream went wrong");
        assert!(document["stackTrace"].is_array(), "{document:#}");
    }
}

#[test]
fn an_error_before_the_stream_is_an_error() {
    let function = handler("pieces").start();
    let outcome = function.invoke(r#"{"refuse":true}"#);
    outcome.expect_error("Refused", "no pieces today");
    assert_eq!(outcome.endpoint(), Endpoint::Error);
}

#[test]
fn a_stream_that_is_not_taken_concerns_its_invocation_only() {
    for status in [400, 403, 410, 413] {
        let function = handler("tape").start();
        let answer = Answer::error(status, "SomeError", "not this one");
        function.script(Endpoint::Response, answer);
        function.invoke(r#"{"pieces":2}"#);
        function
            .invoke(r#"{"pieces":1}"#)
            .expect_response("piece 1;");
    }
}

#[test]
fn an_answer_before_the_end_of_a_stream_is_heard() {
    let function = handler("tape").start();
    let answer = Answer::error(413, "RequestEntityTooLarge", "enough").before_the_body();
    function.script(Endpoint::Response, answer);
    let id = function.send(json!({ "pieces": 1000 }));
    function.process().wait_for_log("the refusal", |log| {
        log.request_id() == id && log.message().contains("413")
    });
    function
        .invoke(r#"{"pieces":1}"#)
        .expect_response("piece 1;");
}

#[test]
fn a_stream_whose_connection_breaks_concerns_its_invocation_only() {
    for answer in [
        Answer::hang_up(),
        Answer::reset(),
        Answer::reset().before_the_body(),
    ] {
        let function = handler("tape").start();
        function.script(Endpoint::Response, answer);
        let id = function.send(r#"{"pieces":100}"#);
        function.process().wait_for_log("the loss", |log| {
            log.request_id() == id && log.level() == "ERROR"
        });
        // A stream that has begun is not sent again.
        function
            .invoke(r#"{"pieces":1}"#)
            .expect_response("piece 1;");
        let of_it =
            |request: &shim_testkit::runtime_api::Received| request.request_id() == Some(&id);
        assert_eq!(function.received().into_iter().filter(of_it).count(), 1);
    }
}
