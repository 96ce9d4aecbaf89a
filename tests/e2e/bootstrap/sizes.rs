//! Large events and responses.

use std::time::Duration;

use shim_testkit::json;
use shim_testkit::runtime_api::{Endpoint, Event};

use super::handler;

/// The largest response that Lambda passes on, in bytes.
const MOST: usize = 6_291_556;

#[test]
fn five_mebibytes_come_and_go() {
    let function = handler("echo").start();
    let event = format!("\"{}\"", "x".repeat(5 * 1024 * 1024));
    for _ in 0..3 {
        function.invoke(&*event).expect_response(&event);
    }
    let slow = Event::new(event.clone());
    let id = slow.request_id();
    let pause = Duration::from_millis(1);
    function.script(Endpoint::Next, slow.into_answer().slowly(100_000, pause));
    function.outcome(&id).expect_response(&event);
    assert_eq!(function.connections(), 1);
}

#[test]
fn the_largest_response_is_sent_and_a_larger_one_is_an_error() {
    let function = handler("sized").start();
    let outcome = function.invoke(json!({ "bytes": MOST }));
    assert_eq!(outcome.endpoint(), Endpoint::Response);
    assert_eq!(outcome.body().len(), MOST);
    for bytes in [MOST + 1, 2 * MOST] {
        let outcome = function.invoke(json!({ "bytes": bytes }));
        outcome.expect_error(
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        );
        let kind = outcome.header("lambda-runtime-function-error-type");
        assert_eq!(kind, Some("Function.ResponseSizeTooLarge"));
    }
    function
        .invoke(json!({ "bytes": 2 }))
        .expect_response("\"\"");
}

#[test]
fn what_is_told_of_an_error_has_one_mebibyte_at_most() {
    let function = handler("fails").start();
    let outcome = function.invoke(json!({ "how": "long" }));
    assert_eq!(outcome.endpoint(), Endpoint::Error);
    assert!(outcome.body().len() <= 1 << 20, "{outcome:?}");
    assert!(outcome.body().ends_with(b"x [cut]\"}"), "{outcome:?}");
}

#[test]
fn a_streamed_response_may_be_larger() {
    let function = handler("tape").start();
    let outcome = function.invoke(json!({ "pieces": 10, "padding": MOST / 10 }));
    assert_eq!(outcome.endpoint(), Endpoint::Response);
    assert!(outcome.is_chunked());
    assert!(outcome.body().len() > MOST, "{outcome:?}");
}
