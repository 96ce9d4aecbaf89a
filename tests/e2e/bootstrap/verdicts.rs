//! What Lambda says to an answer, and what becomes of the process.

use shim_testkit::json;
use shim_testkit::runtime_api::{Answer, Endpoint, Function};

use super::handler;

/// The exit code when Lambda wants the runtime to end.
const TOLD_TO_END: i32 = 70;

/// Lets the next answer to this endpoint meet that answer of the API.
fn meet(function: &Function, endpoint: Endpoint, answer: Answer) -> String {
    function.script(endpoint, answer);
    let how = if endpoint == Endpoint::Error {
        "text"
    } else {
        "no"
    };
    let outcome = function.invoke(json!({ "how": how }));
    assert_eq!(outcome.endpoint(), endpoint);
    outcome.request_id().unwrap().to_owned()
}

#[test]
fn an_answer_that_is_not_taken_is_logged_and_the_next_event_asked_for() {
    let function = handler("fails").start();
    for (status, kind, message) in [
        (400, "InvalidRequestID", "Invalid request ID"),
        (
            403,
            "InvalidStateTransition",
            "State transition is not allowed",
        ),
        (410, "InvokeTimeout", "Invoke timeout"),
        (
            413,
            "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size",
        ),
    ] {
        for endpoint in [Endpoint::Response, Endpoint::Error] {
            let id = meet(&function, endpoint, Answer::error(status, kind, message));
            let line = function.process().wait_for_log("the refusal", |log| {
                log.request_id() == id && log.message().contains(&status.to_string())
            });
            assert!(format!("{line:?}").contains(kind), "{line:?}");
        }
    }
    function
        .invoke(json!({ "how": "no" }))
        .expect_response("null");
    assert_eq!(function.connections(), 1);
}

#[test]
fn any_success_will_do() {
    let function = handler("fails").start();
    for status in [200, 201, 202, 204] {
        meet(&function, Endpoint::Response, Answer::status(status));
        meet(&function, Endpoint::Error, Answer::status(status));
    }
    function
        .invoke(json!({ "how": "no" }))
        .expect_response("null");
    let refused = function
        .process()
        .logs()
        .into_iter()
        .filter(|log| log.message().contains("20"));
    assert_eq!(refused.count(), 0, "{}", function.process().said());
}

#[test]
fn an_internal_error_of_lambda_ends_the_process() {
    for endpoint in [Endpoint::Response, Endpoint::Error] {
        for status in [500, 503] {
            let function = handler("fails").start();
            let answer = Answer::error(status, "InternalServerError", "out of order");
            meet(&function, endpoint, answer);
            assert_eq!(
                function.wait_exit(),
                TOLD_TO_END,
                "{}",
                function.process().said()
            );
            let said = function.process().stderr();
            assert!(
                said.contains(&status.to_string()) && said.contains("out of order"),
                "{said}"
            );
        }
    }
}

#[test]
fn an_error_at_next_ends_the_process() {
    for status in [400, 403, 404, 500] {
        let function = handler("echo").start();
        function.invoke("1").expect_response("1");
        let answer = Answer::error(status, "SomeError", "out of order");
        function.script(Endpoint::Next, answer);
        assert_eq!(
            function.wait_exit(),
            TOLD_TO_END,
            "{}",
            function.process().said()
        );
        let said = function.process().stderr();
        assert!(
            said.contains(&status.to_string()) && said.contains("out of order"),
            "{said}"
        );
        assert_eq!(function.count(Endpoint::Next), 2);
    }
}
