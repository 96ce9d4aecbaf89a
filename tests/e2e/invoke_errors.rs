//! `Invoke`: errors of functions are answers, all others have names that SDKs know.

use shim_testkit::json;

use crate::{Gate, serve};

#[test]
fn a_functions_error_is_an_answer() {
    let shim = serve("fails").start();
    let response = shim.invoke("fails").body(r#"{"how":"named"}"#).send();
    response
        .expect_function_error("PaymentRequired")
        .expect_header("x-amz-executed-version", "$LATEST");
    let message = "the card was \"declined\"\n";
    assert_eq!(response.json()["errorMessage"], message);
    shim.invoke("fails")
        .body(r#"{"how":"not"}"#)
        .send()
        .expect_success()
        .expect_body("null");
}

#[test]
fn a_panic_is_one_with_a_stack_trace() {
    for handler in ["panics", "panics_plain"] {
        let shim = serve(handler).start();
        for _ in 0..3 {
            let response = shim.invoke(handler).body(r#"{"how":"text"}"#).send();
            response.expect_function_error("Runtime.Panic");
            let document = response.json();
            assert_eq!(document["errorMessage"], "boom");
            let frame = document["stackTrace"][0].as_str().unwrap();
            assert!(frame.contains("the_guilty_function"), "{frame}");
            let next = shim.invoke(handler).body(r#"{"how":"no"}"#).send();
            next.expect_success().expect_body(r#""no panic""#);
        }
    }
}

#[test]
fn a_timeout_names_the_invocation() {
    let shim = serve("sleeps").arg("--timeout", "100ms").start();
    let response = shim.invoke("sleeps").body(r#"{"ms":60000}"#).send();
    response.expect_function_error("Sandbox.Timedout");
    let expected = format!(
        "RequestId: {} Error: Task timed out after 0.10 seconds",
        response.request_id()
    );
    assert_eq!(response.error_message(), expected);
}

#[test]
fn an_event_of_another_shape_is_the_functions_error() {
    let shim = serve("greet").start();
    let response = shim.invoke("greet").body(r#"{"nome":"you"}"#).send();
    response
        .expect_status(200)
        .expect_header("x-amz-function-error", "Unhandled");
    assert!(response.error_message().contains("name"), "{response:?}");
}

#[test]
fn what_is_no_json_is_no_event() {
    for handler in ["greet", "echo", "nothing"] {
        let shim = serve(handler).start();
        for (kind, body) in [
            ("RequestResponse", b"{".as_slice()),
            ("RequestResponse", b"hello"),
            ("RequestResponse", b"{} {}"),
            (
                "RequestResponse",
                b"{\"name\":\"you\",\"ignored\":\"\xe9t\xe9\"}",
            ),
            ("Event", b"{"),
            ("Event", b"\"\xff\""),
        ] {
            let response = shim.invoke(handler).kind(kind).body(body).send();
            response.expect_api_error(
                400,
                "InvalidRequestContentException",
                "Could not parse request body into json: Could not parse payload into json: ",
            );
        }
    }
}

#[test]
fn types_that_there_are_not_are_refused() {
    let shim = serve("echo").start();
    let text = "Value 'Sync' at 'invocationType' failed to satisfy constraint: Member must satisfy \
                enum value set: [Event, RequestResponse, DryRun]";
    let response = shim.invoke("echo").kind("Sync").send();
    response.expect_api_error(400, "ValidationException", text);
    let text = "Value 'All' at 'logType' failed to satisfy constraint";
    let response = shim.invoke("echo").header("x-amz-log-type", "All").send();
    response.expect_api_error(400, "ValidationException", text);
    let response = shim.invoke_stream("echo").kind("Event").send();
    response.expect_api_error(400, "ValidationException", "'Event' at 'invocationType'");
}

#[test]
fn a_web_handler_takes_the_events_of_gateways_only() {
    let shim = serve("mirror").start();
    let response = shim.invoke("mirror").body(r#"{"number":7}"#).send();
    response.expect_function_error("Runtime.NotAnHttpEvent");
    let message = response.error_message();
    for part in ["requestContext.http", "found only `number`", "plain HTTP"] {
        assert!(message.contains(part), "{message}");
    }
    let frames = shim.invoke_stream("mirror").send().frames();
    let end = frames[0].completion()["ErrorDetails"].to_string();
    assert!(end.contains("Runtime.NotAnHttpEvent"), "{end}");
    shim.get("/").expect_status(200);
}

#[test]
fn a_throttled_call_says_when_to_come_back() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut running = shim.invoke("instances").body(gate.event()).begin();
    shim.wait_for_message("running");
    for call in [shim.invoke("instances"), shim.invoke_stream("instances")] {
        let response = call.send();
        response.expect_api_error(429, "TooManyRequestsException", "Rate Exceeded.");
        let expected = json!({
            "Type": "User",
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
            "message": "Rate Exceeded.",
        });
        response.expect_json(&expected);
        let number = |name| {
            response
                .header(name)
                .and_then(|text| text.parse::<u64>().ok())
        };
        assert!(number("retry-after") >= Some(1), "{response:?}");
        assert!(number("x-amz-retry-after") >= Some(1), "{response:?}");
    }
    gate.open();
    running.response().expect_success();
    shim.invoke("instances").send().expect_success();
}

#[test]
fn operations_that_are_not_served_are_told_in_json() {
    let shim = serve("echo").start();
    for (method, path) in [
        ("GET", "/2015-03-31/functions/echo/invocations"),
        ("GET", "/2015-03-31/functions"),
        ("POST", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/functions/echo/configuration"),
        ("DELETE", "/2015-03-31/functions/echo"),
        (
            "POST",
            "/2015-03-31/functions/echo/response-streaming-invocations",
        ),
        ("POST", "/2021-11-15/functions/echo/invocations"),
    ] {
        let response = shim.request(method, path, "", b"");
        response.expect_api_error(404, "UnknownOperationException", "no operation");
    }
    // Nothing of the body comes back to a HEAD.
    let head = shim.request("HEAD", "/2015-03-31/functions", "", b"");
    head.expect_status(404).expect_body("");
}

#[test]
fn a_client_context_that_is_none_is_refused() {
    let shim = serve("dump").start();
    for bad in ["%%%", "bm8=", &shim_testkit::encode_text("[1]")] {
        let call = shim.invoke("dump").header("x-amz-client-context", bad);
        call.send().expect_api_error(
            400,
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        );
    }
}

#[test]
fn a_caller_that_leaves_cancels_the_handler() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let running = shim.invoke("sleeps").body(gate.event()).begin();
    shim.wait_for_message("sleeping");
    drop(running);
    shim.wait_for_log("it is dropped", |log| {
        log.says("sleeper dropped") && log["slept"] == false
    });
}
