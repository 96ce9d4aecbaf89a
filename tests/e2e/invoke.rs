//! `Invoke`: what goes in, what comes out.

use shim_testkit::{Signal, encode_text, json};

use crate::{Gate, serve};

#[test]
fn the_response_comes_with_its_headers() {
    let shim = serve("greet").start();
    let call = shim.invoke("greet").body(r#"{"name":"you"}"#);
    let response = call.send();
    response
        .expect_success()
        .expect_body(r#"{"text":"Hello, you!"}"#)
        .expect_header("content-type", "application/json")
        .expect_header("content-length", "22")
        .expect_header("x-amz-executed-version", "$LATEST")
        .expect_header("x-amzn-remapped-content-length", "0")
        .expect_no_header("x-amz-log-result");
    assert_eq!(response.request_id().len(), 36);
    assert!(response.header("date").is_some(), "{response:?}");
    let line = shim.wait_for_log("its line", |log| log.is_invocation());
    assert_eq!(line.request_id(), response.request_id());
    assert_eq!(
        (&line["function"], &line["status"]),
        (&json!("greet"), &json!(200))
    );
}

#[test]
fn a_trace_begins_here_or_goes_on() {
    let shim = serve("dump").start();
    let response = shim.invoke("dump").send();
    let trace = response.header("x-amzn-trace-id").unwrap();
    let (root, sampled) = trace.split_once(';').unwrap();
    assert_eq!((root.len(), sampled), (40, "Sampled=0"), "{trace}");
    assert!(root.starts_with("Root=1-"), "{trace}");
    assert_eq!(response.json()["trace_id"], trace);
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let response = shim.invoke("dump").header("X-Amzn-Trace-Id", trace).send();
    response.expect_header("x-amzn-trace-id", trace);
    assert_eq!(response.json()["trace_id"], trace);
}

#[test]
fn the_handler_knows_what_the_caller_says() {
    let shim = serve("dump").start();
    let context = r#"{"client":{"app_title":"shop"},"custom":{"a":"b"}}"#;
    let response = shim
        .invoke("dump")
        .header("X-Amz-Client-Context", &encode_text(context))
        .header("X-Amz-Tenant-Id", "blue/1 @x")
        .send();
    let known = response.expect_success().json();
    assert_eq!(known["request_id"], response.request_id());
    assert_eq!(known["client_context"], context);
    assert_eq!(known["tenant_id"], "blue/1 @x");
    assert_eq!(
        known["function_arn"],
        "arn:aws:lambda:us-east-1:123456789012:function:dump"
    );
    shim.invoke("dump")
        .header("x-amz-tenant-id", "blue#1")
        .send()
        .expect_api_error(400, "ValidationException", "'blue#1' at 'tenantId'");
}

#[test]
fn no_event_is_an_empty_one() {
    let shim = serve("echo").start();
    let response = shim.invoke("echo").body("").send();
    response.expect_success().expect_body("{}");
    let mut connection = shim.connect();
    connection.send("POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.response().expect_success().expect_body("{}");
}

#[test]
fn an_event_goes_through_as_it_is() {
    let shim = serve("echo").start();
    for event in [
        "null",
        "[1,2]",
        " {\"a\" : 1.0e2}\n",
        r#""text""#,
        r#"{"a":1,"a":2}"#,
        "18446744073709551616",
    ] {
        let response = shim.invoke("echo").body(event).send();
        response.expect_success().expect_body(event);
    }
}

#[test]
fn it_may_come_in_chunks_and_after_a_question() {
    let shim = serve("echo").start();
    let mut connection = shim.connect();
    let path = "/2015-03-31/functions/echo/invocations";
    connection.send_request("POST", path, "transfer-encoding: chunked\r\n", b"");
    connection
        .send_chunk(b"[1,")
        .send_chunk(b"2]")
        .send_chunk(b"");
    connection.response().expect_success().expect_body("[1,2]");

    let headers = "expect: 100-continue\r\ncontent-length: 5\r\n";
    connection.send_request("POST", path, headers, b"");
    connection.head().expect_status(100);
    connection.send("[1,2]");
    connection.response().expect_success().expect_body("[1,2]");
}

#[test]
fn it_is_served_over_http2() {
    let shim = serve("echo").start();
    let http2 = shim.http2();
    let path = "/2015-03-31/functions/echo/invocations";
    http2
        .request("POST", path, b"[1]")
        .expect_success()
        .expect_header("x-amz-executed-version", "$LATEST")
        .expect_body("[1]");
    http2
        .request("POST", "/2015-03-31/functions/none/invocations", b"[1]")
        .expect_api_error(404, "ResourceNotFoundException", "none");
}

#[test]
fn a_dry_run_runs_nothing() {
    let shim = serve("instances").start();
    let response = shim.invoke("instances").kind("DryRun").send();
    response
        .expect_status(204)
        .expect_no_header("content-type")
        .expect_no_header("x-amz-executed-version");
    assert_eq!(response.request_id().len(), 36);
    shim.invoke_stream("instances")
        .kind("DryRun")
        .send()
        .expect_status(204);
    shim.invoke("absent")
        .kind("DryRun")
        .send()
        .expect_status(404);
    let report = shim.invoke("instances").send();
    assert_eq!(report.expect_success().json()["runs"], 1);
}

#[test]
fn what_runs_at_a_stop_is_finished() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let mut running = shim.invoke("sleeps").body(gate.event()).begin();
    shim.wait_for_message("sleeping");
    shim.signal(Signal::TERM);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
    gate.open();
    let response = running.response();
    response.expect_success().expect_body(r#""slept""#);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn plain_http_is_served_beside_it() {
    let shim = serve("greet").start();
    let event = r#"{"name":"you"}"#;
    let mut connection = shim.connect();
    for _ in 0..3 {
        connection
            .post("/", event)
            .expect_status(200)
            .expect_no_header("x-amzn-requestid");
        shim.invoke("greet").body(event).send_on(&mut connection);
        let response = connection.response();
        response.expect_success();
        assert_eq!(response.request_id().len(), 36);
    }
}
