//! HTTP requests as events of payload format 2.0, and responses from what comes back.

use shim_testkit::{Shim, json};

use crate::{serve, serve_as};

fn returns() -> Shim {
    serve("returns").arg("--http-events", "v2").start()
}

/// Has `body`, which is JSON, returned by the function.
fn returned(shim: &Shim, body: &str) -> shim_testkit::Response {
    let headers = "content-type: application/json\r\n";
    shim.request("POST", "/", headers, body.as_bytes())
}

#[test]
fn a_request_becomes_an_event() {
    let shim = returns();
    let headers = "x-many: 1\r\nX-Many: 2\r\ncookie: c1=1; c2=2\r\nuser-agent: test\r\n";
    let response = shim.request("GET", "/a%20b?q=1%202&q=3", headers, b"");
    let event = response.expect_status(200).json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "$default");
    assert_eq!(event["rawPath"], "/a%20b");
    assert_eq!(event["rawQueryString"], "q=1%202&q=3");
    assert_eq!(event["queryStringParameters"], json!({ "q": "1 2,3" }));
    assert_eq!(event["cookies"], json!(["c1=1", "c2=2"]));
    assert_eq!(event["headers"]["x-many"], "1,2");
    assert_eq!(event["headers"].get("cookie"), None);
    let http = &event["requestContext"]["http"];
    assert_eq!(
        (&http["method"], &http["protocol"]),
        (&json!("GET"), &json!("HTTP/1.1"))
    );
    assert_eq!(
        (&http["sourceIp"], &http["userAgent"]),
        (&json!("127.0.0.1"), &json!("test"))
    );
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event.get("body"), None);
    assert_eq!(
        event["requestContext"]["requestId"].as_str(),
        response.header("x-request-id")
    );
}

#[test]
fn what_is_no_text_comes_in_base64() {
    let shim = returns();
    // Base64 is no JSON, so the function fails: it got what it should not be able to read.
    let response = shim.request("POST", "/", "content-type: image/png\r\n", b"{}");
    response
        .expect_status(502)
        .expect_body("Internal Server Error");
    returned(&shim, "{}").expect_status(200).expect_body("{}");
}

#[test]
fn a_response_says_what_goes_back() {
    let shim = returns();
    let response = returned(
        &shim,
        r#"{"statusCode":"418","headers":{"X-Pot":"tea"},"cookies":["a=1","b=2"],"body":"short"}"#,
    );
    response
        .expect_status(418)
        .expect_header("x-pot", "tea")
        .expect_header("content-type", "application/json")
        .expect_body("short");
    assert_eq!(response.headers("set-cookie"), ["a=1", "b=2"]);
    returned(
        &shim,
        r#"{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"aGk=","isBase64Encoded":true}"#,
    )
    .expect_status(200)
    .expect_header("content-type", "text/plain")
    .expect_body("hi");
    returned(&shim, r#"{"statusCode":204}"#)
        .expect_status(204)
        .expect_body("");
    returned(&shim, r#"{"statusCode":200,"body":{"a": 1}}"#)
        .expect_status(200)
        .expect_body(r#"{"a":1}"#);
}

#[test]
fn other_responses_are_bodies() {
    let shim = returns();
    for (response, body) in [
        (r#"{"a": 1}"#, r#"{"a":1}"#),
        (r#""hello""#, "hello"),
        ("3.5", "3.5"),
        ("true", "true"),
        (r#"["hello", 3]"#, r#"["hello",3]"#),
    ] {
        returned(&shim, response)
            .expect_status(200)
            .expect_header("content-type", "application/json")
            .expect_body(body);
    }
}

#[test]
fn what_cannot_be_sent_and_errors_are_a_bad_gateway() {
    let shim = returns();
    for wrong in [
        r#""fail""#,
        r#"{"statusCode":99}"#,
        r#"{"statusCode":"ok"}"#,
        r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#,
    ] {
        let response = returned(&shim, wrong);
        response
            .expect_status(502)
            .expect_body("Internal Server Error");
        assert!(response.header("x-request-id").is_some(), "{response:?}");
        assert!(
            response.header("x-amzn-requestid").is_some(),
            "{response:?}"
        );
    }
    // Why, is in the log.
    shim.wait_for_log("the error", |log| log.message() == "Asked: as asked");
}

#[test]
fn a_stream_may_begin_with_a_prelude() {
    let shim = serve("prelude").arg("--http-events", "v2").start();
    let response = shim.get("/");
    response
        .expect_status(201)
        .expect_header("x-made", "yes")
        .expect_body("first;second");
    assert_eq!(response.headers("set-cookie"), ["a=1", "b=2"]);
    // Without one, the stream is the body.
    let shim = serve("pieces").arg("--http-events", "v2").start();
    shim.get("/")
        .expect_status(200)
        .expect_header("content-type", "application/octet-stream")
        .expect_body("first;second");
}

#[test]
fn a_function_is_one_for_events_all_the_same() {
    let shim = serve_as("orders", "returns")
        .arg("--http-events", "v2")
        .start();
    let response = shim.invoke("orders").body(r#"{"a":1}"#).send();
    response.expect_success().expect_body(r#"{"a":1}"#);
    let body = "x".repeat(7 * 1024 * 1024);
    shim.post("/", body).expect_status(413);
}
