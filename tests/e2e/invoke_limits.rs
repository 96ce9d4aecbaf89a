//! How large requests and responses of the Invoke API may be.

use shim_testkit::{encode_text, json};

use crate::{Toml, serve};

/// A JSON string of so many bytes.
fn text(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}

const TOO_LARGE: &str = "RequestEntityTooLargeException";

#[test]
fn a_request_must_be_smaller_than_six_mebibytes() {
    let shim = serve("echo").start();
    let largest = text(6_291_455);
    let response = shim.invoke("echo").body(&largest).send();
    response.expect_success().expect_body(&largest);
    let larger = text(6_291_456);
    for (call, operation) in [
        (shim.invoke("echo"), "InvokeFunction"),
        (shim.invoke_stream("echo"), "InvokeWithResponseStream"),
    ] {
        let text =
            format!("Request must be smaller than 6291456 bytes for the {operation} operation");
        let response = call.body(&larger).send();
        response
            .expect_api_error(413, TOO_LARGE, &text)
            .expect_header("connection", "close");
    }
}

#[test]
fn what_is_announced_is_not_waited_for() {
    let shim = serve("echo").start();
    let mut connection = shim.connect();
    let path = "/2015-03-31/functions/echo/invocations";
    for headers in [
        "content-length: 6291456\r\n",
        "expect: 100-continue\r\ncontent-length: 6291456\r\n",
    ] {
        connection.send_request("POST", path, headers, b"");
        let response = connection.response();
        response.expect_api_error(413, TOO_LARGE, "smaller than 6291456 bytes");
        connection = shim.connect();
    }
}

#[test]
fn a_response_may_have_six_mebibytes_and_a_hundred_bytes() {
    let shim = serve("sized").start();
    let sized = |bytes: usize| {
        let event = json!({ "bytes": bytes });
        shim.invoke("sized").json(&event).send()
    };
    let largest = sized(6_291_556);
    largest.expect_success();
    assert_eq!(largest.body().len(), 6_291_556);
    let larger = sized(6_291_557);
    larger.expect_function_error("Function.ResponseSizeTooLarge");
    assert_eq!(
        larger.error_message(),
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    );
}

#[test]
fn what_is_told_of_an_error_has_one_mebibyte_at_most() {
    let shim = serve("fails").start();
    let long = json!({ "how": "long" });
    let error = shim.invoke("fails").json(&long).send();
    let message = error.error_message();
    assert!(message.ends_with("x [cut]") && message.len() > 512 * 1024);
    assert!(error.body().len() <= 1 << 20, "{}", error.body().len());
    let plain = shim.post("/", long.to_string());
    plain.expect_status(500).expect_body(error.text());
}

#[test]
fn an_asynchronous_event_may_have_one_mebibyte() {
    let shim = serve("nothing").start();
    let largest = shim.invoke("nothing").kind("Event").body(text(1_048_576));
    largest.send().expect_status(202).expect_body("");
    let larger = shim.invoke("nothing").kind("Event").body(text(1_048_577));
    let expected = "1048577 byte payload is too large for the Event invocation type (limit 1048576 \
                    bytes)";
    larger.send().expect_api_error(413, TOO_LARGE, expected);
}

#[test]
fn the_old_asynchronous_operation_takes_less() {
    let shim = serve("nothing").start();
    for path in [
        "/2014-11-13/functions/nothing/invoke-async",
        "/2014-11-13/functions/nothing/invoke-async/",
    ] {
        let accepted = shim.call(path).body(text(262_144)).send();
        accepted
            .expect_status(202)
            .expect_header("content-type", "application/json")
            .expect_json(&json!({ "Status": 202 }));
        let larger = shim.call(path).body(text(262_145)).send();
        larger.expect_api_error(413, TOO_LARGE, "limit 262144 bytes");
    }
}

#[test]
fn a_client_context_has_3583_bytes_at_most() {
    let shim = serve("dump").start();
    // Base64 comes in fours: 3,580 fit, 3,584 do not.
    let context = |bytes: usize| {
        let padding = "x".repeat(bytes / 4 * 3 - 8);
        encode_text(&format!("{{\"a\":\"{padding}\"}}"))
    };
    let send = |context: &str| {
        shim.invoke("dump")
            .header("x-amz-client-context", context)
            .send()
    };
    assert_eq!(context(3580).len(), 3580);
    send(&context(3580)).expect_success();
    send(&context(3584)).expect_api_error(
        400,
        "InvalidRequestContentException",
        "Client context must be at most 3583 bytes of base64, found 3584.",
    );
}

/// Many clients look for an answer only when they have sent everything.
#[test]
fn the_body_of_a_refused_call_is_read() {
    let shim = serve("echo").start();
    let body = text(6_000_000);
    let mut connection = shim.connect();
    for (target, headers, status) in [
        (
            "/2015-03-31/functions/echo/invocations",
            "x-amz-client-context: %\r\n",
            400,
        ),
        (
            "/2015-03-31/functions/echo/invocations",
            "x-amz-invocation-type: Any\r\n",
            400,
        ),
        ("/2015-03-31/functions/absent/invocations", "", 404),
        ("/2015-03-31/functions", "", 404),
    ] {
        // All on one connection: nothing is left of the body before.
        let refused = connection.request("POST", target, headers, body.as_bytes());
        refused.expect_status(status);
        assert!(refused.header("x-amzn-trace-id").is_some(), "{refused:?}");
    }
    let routed = Toml::of(&[("echo", "echo", "routes = [\"POST /echo\"]\n")]);
    let shim = routed.serve().arg("--max-body", "1MiB").start();
    let mut connection = shim.connect();
    for (target, status) in [("/absent", 404), ("/echo", 413)] {
        let refused = connection.request("POST", target, "", body.as_bytes());
        refused.expect_status(status);
    }
}
