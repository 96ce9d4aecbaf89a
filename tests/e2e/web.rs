//! Web handlers: any request in, any response out.

use shim_testkit::{Value, json};

use crate::serve;

#[test]
fn a_request_arrives_as_it_was_sent() {
    let shim = serve("mirror").start();
    let said = shim
        .request(
            "PATCH",
            "/a%20b/%F0%9F%A6%80//?x=1&y=%26&x=2",
            "X-One: 1\r\nx-two: a\r\nx-two: b\r\n",
            b"the body",
        )
        .expect_status(200)
        .expect_header("content-type", "application/json")
        .json();
    assert_eq!(said["method"], "PATCH");
    assert_eq!(said["path"], "/a%20b/%F0%9F%A6%80//");
    assert_eq!(said["query"], "x=1&y=%26&x=2");
    assert_eq!(said["version"], "HTTP/1.1");
    assert_eq!(said["body"], "the body");
    let headers = said["headers"].as_array().unwrap();
    for header in [
        ["host", "shim"],
        ["x-one", "1"],
        ["x-two", "a"],
        ["x-two", "b"],
        ["content-length", "8"],
    ] {
        assert!(
            headers.contains(&json!(header)),
            "{header:?} in {headers:?}"
        );
    }
}

#[test]
fn any_method_and_any_path_reach_the_handler() {
    let shim = serve("mirror").start();
    for (method, target, path) in [
        ("GET", "/", "/"),
        ("DELETE", "/live", "/live"),
        ("OPTIONS", "*", "*"),
        ("PROPFIND", "/2015-03-31", "/2015-03-31"),
        ("x-own", "/%2e%2e/etc", "/%2e%2e/etc"),
        ("GET", "http://elsewhere/abs", "/abs"),
    ] {
        let said = shim
            .request(method, target, "", b"")
            .expect_status(200)
            .json();
        assert_eq!(
            (&said["method"], &said["path"]),
            (&json!(method), &json!(path))
        );
    }
}

#[test]
fn a_header_need_not_be_utf8() {
    let shim = serve("mirror").start();
    let mut connection = shim.connect();
    connection.send(b"GET / HTTP/1.1\r\nhost: x\r\nx-raw: \xe9\xff\r\n\r\n");
    let said = connection.response().expect_status(200).json();
    let raw = json!(["x-raw", "\u{fffd}\u{fffd}"]);
    assert!(said["headers"].as_array().unwrap().contains(&raw), "{said}");
}

#[test]
fn a_response_goes_out_as_the_handler_made_it() {
    let shim = serve("answers").start();
    let made = shim.get("/created");
    made.expect_status(201)
        .expect_header("location", "/things/1")
        .expect_body("made");
    assert_eq!(made.headers("set-cookie"), ["a=1", "b=2"]);
    made.expect_no_header("content-type");
    shim.get("/teapot")
        .expect_status(418)
        .expect_body("short and stout");
    shim.get("/no-body")
        .expect_status(200)
        .expect_header("content-length", "0")
        .expect_body("");
    shim.get("/own-id").expect_header("x-request-id", "mine");
}

#[test]
fn statuses_without_a_body_have_none() {
    let shim = serve("answers").start();
    let mut connection = shim.connect();
    // On one connection: a stray body would be taken for the next answer.
    for (path, status) in [("/no-content", 204), ("/not-modified", 304)] {
        connection.get(path).expect_status(status).expect_body("");
        connection
            .get("/")
            .expect_status(200)
            .expect_body("twelve bytes");
    }
    connection
        .get("/no-content")
        .expect_no_header("content-length");
}

#[test]
fn head_gets_the_length_and_no_body() {
    let shim = serve("answers").start();
    let mut connection = shim.connect();
    for _ in 0..3 {
        connection
            .request("HEAD", "/", "", b"")
            .expect_status(200)
            .expect_header("content-length", "12")
            .expect_body("");
    }
    connection.get("/").expect_body("twelve bytes");
}

#[test]
fn the_server_frames_messages_whatever_the_handler_says() {
    let shim = serve("answers").start();
    let mut connection = shim.connect();
    for path in ["/too-long", "/chunked"] {
        connection
            .get(path)
            .expect_status(200)
            .expect_header("content-length", "12")
            .expect_no_header("transfer-encoding")
            .expect_body("twelve bytes");
    }
}

#[test]
fn an_interim_status_is_no_answer() {
    let shim = serve("answers").start();
    let response = shim.get("/early");
    response.expect_error(500, "Runtime.BadResponse");
    assert!(response.error_message().contains("103"), "{response:?}");
}

#[test]
fn an_error_of_a_web_handler_is_a_document() {
    let shim = serve("answers").start();
    let expected = json!({ "errorType": "NoSuchAnswer", "errorMessage": "/what" });
    shim.get("/what")
        .expect_error(500, "NoSuchAnswer")
        .expect_json(&expected);
}

#[test]
fn the_version_of_the_protocol_is_known() {
    let shim = serve("mirror").start();
    let version = |said: Value| said["version"].as_str().unwrap().to_owned();
    let mut old = shim.connect();
    old.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(version(old.response().json()), "HTTP/1.0");
    assert!(old.read_until_closed().is_empty());
    let h2 = shim.http2().request("GET", "/", b"");
    assert_eq!(version(h2.json()), "HTTP/2.0");
}
