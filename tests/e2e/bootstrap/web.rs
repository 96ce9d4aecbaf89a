//! Web handlers in AWS Lambda: events of gateways in, answers in their form or as streams out.

use shim_testkit::runtime_api::Endpoint;
use shim_testkit::{Value, json};

use super::handler;
use crate::gateway::asked::{Asked, GATEWAYS, body};
use crate::serve;

#[test]
fn an_answer_has_the_form_of_its_event_as_it_has_for_invoke() {
    let function = handler("mirror").start();
    let shim = serve("mirror").start();
    for gateway in GATEWAYS {
        let asked = Asked {
            method: "POST",
            path: "/quote",
            query: "a=1&a=2",
            headers: &[
                ("content-type", "text/plain"),
                ("content-length", "5"),
                ("x-one", "1"),
            ],
            body: "hello",
        };
        let event = asked.event(gateway);
        let ours = function.invoke(event.clone()).json();
        let theirs = shim.invoke("mirror").json(&event).send();
        let theirs: Value = theirs.expect_success().json();
        let seen = |answer: &Value| -> Value {
            let mut seen: Value = serde_json::from_slice(&body(answer)).unwrap();
            // Each invocation has its own trace.
            let headers = seen["headers"].as_array_mut().unwrap();
            headers.retain(|header| header[0] != "x-amzn-trace-id");
            seen
        };
        assert_eq!(seen(&ours), seen(&theirs), "{gateway}");
        for member in [
            "statusCode",
            "headers",
            "multiValueHeaders",
            "isBase64Encoded",
        ] {
            let without_length = |answer: &Value| {
                let mut member = answer[member].clone();
                if let Some(headers) = member.as_object_mut() {
                    headers.remove("content-length");
                }
                member
            };
            assert_eq!(without_length(&ours), without_length(&theirs), "{gateway}");
        }
    }
}

#[test]
fn what_is_no_event_of_a_gateway_is_an_error_that_says_so() {
    let function = handler("mirror").start();
    for odd in [r#"{"order":7}"#, "[]", "7", ""] {
        let outcome = function.invoke(odd);
        assert_eq!(outcome.endpoint(), Endpoint::Error, "{odd}");
        assert_eq!(outcome.json()["errorType"], "Runtime.NotAnHttpEvent");
        assert_eq!(
            outcome.header("lambda-runtime-function-error-type"),
            Some("Runtime.NotAnHttpEvent")
        );
    }
}

#[test]
fn a_streamed_body_is_collected_unless_streams_are_wanted() {
    let event = Asked::get("/pieces").event("HTTP API");
    let whole = handler("streams").start().invoke(event.clone());
    assert_eq!(whole.json()["body"], "piece 0;piece 1;piece 2;");

    let function = handler("streams")
        .env("SHIM_INVOKE_MODE", "response_stream")
        .start();
    let outcome = function.invoke(event);
    assert_eq!(
        outcome.header("content-type"),
        Some("application/vnd.awslambda.http-integration-response")
    );
    assert_eq!(
        outcome.header("lambda-runtime-function-response-mode"),
        Some("streaming")
    );
    let text = outcome.text();
    let (prelude, rest) = text.split_once("\0\0\0\0\0\0\0\0").unwrap();
    let prelude: Value = serde_json::from_str(prelude).unwrap();
    assert_eq!(prelude["statusCode"], 200);
    assert_eq!(rest, "piece 0;piece 1;piece 2;");

    let torn = function.invoke(Asked::get("/fails").event("HTTP API"));
    assert_eq!(torn.expect_trailing_error()["errorType"], "Torn");
}

#[test]
fn a_collected_body_that_breaks_off_is_an_error() {
    let function = handler("streams").start();
    let outcome = function.invoke(Asked::get("/fails").event("ALB"));
    assert_eq!(outcome.endpoint(), Endpoint::Error);
    assert_eq!(outcome.json()["errorType"], "Torn");
}

#[test]
fn the_context_of_the_gateway_reaches_the_handler() {
    let function = handler("mirror").start();
    let event = Asked::get("/").event("REST API");
    let answer = function.invoke(event).json();
    let seen: Value = serde_json::from_slice(&body(&answer)).unwrap();
    let rest: Value = serde_json::from_str(seen["gateway_event"].as_str().unwrap()).unwrap();
    let claims = &rest["requestContext"]["authorizer"]["claims"];
    assert_eq!(*claims, json!({ "sub": "ada" }), "{seen}");
}

#[test]
fn an_invoke_mode_that_is_none_is_told() {
    let function = handler("mirror").env("SHIM_INVOKE_MODE", "stream");
    let (ended, told) = function.run();
    ended.expect_code(64);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].endpoint(), Endpoint::InitError);
    assert_eq!(
        told[0].json()["errorMessage"],
        "SHIM_INVOKE_MODE is \"stream\": expected buffered or response_stream"
    );
}
