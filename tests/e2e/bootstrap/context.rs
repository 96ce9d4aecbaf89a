//! What a handler knows of its invocation: all the headers of `/next`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shim_testkit::json;
use shim_testkit::runtime_api::{Endpoint, Event};

use super::handler;

#[test]
fn every_header_reaches_the_handler() {
    let function = handler("dump").start();
    let client = r#"{"client":{"app_title":"é"},"custom":{"a":"b"},"env":{}}"#;
    let identity = r#"{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}"#;
    let deadline = UNIX_EPOCH + Duration::from_millis(4_102_444_800_123);
    let event = Event::new("{}")
        .id("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .deadline(deadline)
        .header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:us-east-1:123456789012:function:tested:PROD",
        )
        .header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        )
        .header("Lambda-Runtime-Client-Context", client)
        .header("Lambda-Runtime-Cognito-Identity", identity)
        .header("Lambda-Runtime-Aws-Tenant-Id", "blue");
    let known = function.invoke(event).json();
    for (key, value) in [
        ("request_id", json!("8476a536-e9f4-11e8-9739-2dfe598c3fcd")),
        ("function_name", json!("tested")),
        ("function_version", json!("$LATEST")),
        (
            "function_arn",
            json!("arn:aws:lambda:us-east-1:123456789012:function:tested:PROD"),
        ),
        ("memory_limit_mb", json!(128)),
        ("deadline", json!(4_102_444_800_123_u64)),
        (
            "trace_id",
            json!("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"),
        ),
        ("client_context", json!(client)),
        ("cognito_identity", json!(["id", "pool"])),
        ("tenant_id", json!("blue")),
        ("cancelled", json!(false)),
    ] {
        assert_eq!(known[key], value, "{key} in {known:#}");
    }
}

#[test]
fn nothing_stays_of_the_invocation_before() {
    let function = handler("dump").start();
    let event = Event::new("{}")
        .header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        )
        .header("Lambda-Runtime-Client-Context", "{}")
        .header("Lambda-Runtime-Aws-Tenant-Id", "blue");
    assert_eq!(function.invoke(event).json()["tenant_id"], "blue");
    let known = function.invoke("{}").json();
    for gone in [
        "trace_id",
        "client_context",
        "cognito_identity",
        "tenant_id",
    ] {
        assert!(known[gone].is_null(), "{gone} in {known:#}");
    }
}

#[test]
fn empty_headers_are_no_headers() {
    let function = handler("dump").start();
    let event = Event::new("{}")
        .header("Lambda-Runtime-Trace-Id", "")
        .header("Lambda-Runtime-Client-Context", "")
        .header("Lambda-Runtime-Cognito-Identity", "")
        .header("Lambda-Runtime-Aws-Tenant-Id", "");
    let known = function.invoke(event).json();
    for none in [
        "trace_id",
        "client_context",
        "cognito_identity",
        "tenant_id",
    ] {
        assert!(known[none].is_null(), "{none} in {known:#}");
    }
}

#[test]
fn header_names_have_no_case() {
    let function = handler("dump").start();
    let event = Event::new("{}")
        .without("Lambda-Runtime-Aws-Request-Id")
        .header("lambda-runtime-aws-request-id", "lower")
        .header("LAMBDA-RUNTIME-AWS-TENANT-ID", "blue");
    function.script(Endpoint::Next, event);
    let known = function.request(Endpoint::Response);
    assert_eq!(known.request_id(), Some("lower"));
    assert_eq!(known.json()["request_id"], "lower");
    assert_eq!(known.json()["tenant_id"], "blue");
}

#[test]
fn the_remaining_time_is_that_of_the_event() {
    let function = handler("dump").start();
    for seconds in [3, 900] {
        let deadline = SystemTime::now() + Duration::from_secs(seconds);
        let known = function.invoke(Event::new("{}").deadline(deadline)).json();
        let left = known["remaining_ms"].as_u64().unwrap();
        assert!(left > 0 && left <= seconds * 1000, "{left} of {seconds} s");
    }
}

#[test]
fn a_deadline_that_has_passed_is_lambdas_affair() {
    let function = handler("dump").start();
    let event = Event::new("{}").deadline(UNIX_EPOCH + Duration::from_secs(1));
    let known = function.invoke(event).json();
    assert_eq!(known["remaining_ms"], 0);
    assert_eq!(known["deadline"], 1000);
}

#[test]
fn names_come_from_lambdas_variables() {
    let function = handler("dump")
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "17")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
        .start();
    let known = function.invoke("{}").json();
    assert_eq!(known["function_name"], "orders");
    assert_eq!(known["function_version"], "17");
    assert_eq!(known["memory_limit_mb"], 10_240);
}

#[test]
fn the_id_of_the_attempt_is_echoed() {
    let function = handler("fails").start();
    for (event, endpoint) in [
        (r#"{"how":"no"}"#, Endpoint::Response),
        (r#"{"how":"text"}"#, Endpoint::Error),
    ] {
        let event = Event::new(event).header("Lambda-Runtime-Invocation-Id", "attempt-7");
        let outcome = function.invoke(event);
        assert_eq!(outcome.endpoint(), endpoint);
        assert_eq!(
            outcome.header("lambda-runtime-invocation-id"),
            Some("attempt-7")
        );
    }
    // And none is made up.
    let outcome = function.invoke(r#"{"how":"no"}"#);
    assert_eq!(outcome.header("lambda-runtime-invocation-id"), None);
    let function = handler("tape").start();
    let event = Event::new(r#"{"pieces":2}"#).header("Lambda-Runtime-Invocation-Id", "attempt-8");
    let outcome = function.invoke(event);
    assert_eq!(
        outcome.header("lambda-runtime-invocation-id"),
        Some("attempt-8")
    );
}
