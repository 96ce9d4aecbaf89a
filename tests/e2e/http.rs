//! HTTP/1.1 to the letter, and what is none.

use crate::{Gate, serve};

#[test]
fn a_connection_is_used_again_and_again() {
    let shim = serve("echo").start();
    let mut connection = shim.connect();
    for number in 0..300 {
        let body = number.to_string();
        connection
            .post("/", &body)
            .expect_status(200)
            .expect_body(&body);
    }
    connection
        .request("POST", "/", "connection: close\r\n", b"last")
        .expect_body("last");
    assert!(connection.read_until_closed().is_empty());
}

#[test]
fn requests_in_one_go_are_answered_in_order() {
    let shim = serve("mirror").start();
    let mut connection = shim.connect();
    let request = |number| format!("GET /{number} HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.send((0..20).map(request).collect::<String>());
    for number in 0..20 {
        let said = connection.response().expect_status(200).json();
        assert_eq!(said["path"], format!("/{number}"));
    }
}

#[test]
fn an_old_client_is_answered_and_the_connection_closed() {
    let shim = serve("echo").start();
    let mut connection = shim.connect();
    connection.send("POST / HTTP/1.0\r\ncontent-length: 3\r\n\r\nold");
    connection.response().expect_status(200).expect_body("old");
    assert!(connection.read_until_closed().is_empty());
    let mut connection = shim.connect();
    for _ in 0..2 {
        connection
            .send("POST / HTTP/1.0\r\nconnection: keep-alive\r\ncontent-length: 3\r\n\r\nold");
        connection.response().expect_status(200).expect_body("old");
    }
}

#[test]
fn an_old_client_gets_a_stream_until_the_close() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    connection.send("GET /pieces?n=2 HTTP/1.0\r\n\r\n");
    connection
        .response()
        .expect_status(200)
        .expect_no_header("transfer-encoding")
        .expect_body("piece 0;piece 1;");
}

#[test]
fn who_asks_first_is_told_to_continue() {
    for handler in ["echo", "mirror", "holds_plain"] {
        let shim = serve(handler).start();
        let mut connection = shim.connect();
        for _ in 0..2 {
            let headers = "expect: 100-continue\r\ncontent-length: 4\r\n";
            connection.send_request("POST", "/", headers, b"");
            connection.head().expect_status(100);
            connection.send("body");
            connection.response().expect_status(200);
        }
    }
}

#[test]
fn who_asks_first_with_too_much_is_told_not_to() {
    let shim = serve("echo").arg("--max-body", "3").start();
    let mut connection = shim.connect();
    let headers = "expect: 100-continue\r\ncontent-length: 4\r\n";
    connection.send_request("POST", "/", headers, b"");
    connection.head().expect_status(413);
}

#[test]
fn a_tunnel_is_refused() {
    let shim = serve("mirror").start();
    let mut connection = shim.connect();
    connection.send("CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n");
    connection
        .response()
        .expect_error(501, "Request.NotImplemented");
}

#[test]
fn what_is_no_request_is_answered_and_the_connection_closed() {
    let shim = serve("mirror").start();
    for wrong in [
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nx: \u{0}\r\n\r\n",
        "GET /\u{7} HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\r\n\r\n",
    ] {
        let mut connection = shim.connect();
        connection.send(wrong);
        let response = connection.response();
        assert!(
            (400..=505).contains(&response.status()),
            "{wrong:?}: {response:?}"
        );
        connection.read_until_closed();
    }
    shim.get("/").expect_status(200);
}

/// Two ways to say where a request ends are how requests are smuggled past a proxy.
#[test]
fn a_request_that_ends_in_two_places_smuggles_nothing() {
    let shim = serve("mirror").start();
    let mut connection = shim.connect();
    connection.send(
        "POST /outer HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n\
         0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
    );
    let first = connection.response();
    if first.status() == 200 {
        // Read as chunked: then nothing may follow on this connection.
        assert_eq!(first.json()["path"], "/outer");
    } else {
        first.expect_status(400);
    }
    let rest = connection.read_until_closed();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn a_broken_chunk_is_the_callers_mistake() {
    for handler in ["echo", "mirror", "holds_plain"] {
        let shim = serve(handler).start();
        let mut connection = shim.connect();
        connection.send_request("POST", "/", "transfer-encoding: chunked\r\n", b"");
        connection.send("what?\r\n");
        connection.response().expect_error(400, "Request.CutOff");
        connection.read_until_closed();
    }
}

#[test]
fn one_slow_request_does_not_delay_other_connections() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let mut slow = crate::begin(&shim, "/", &gate.event());
    shim.wait_for_message("sleeping");
    for _ in 0..100 {
        shim.post("/", r#"{"ms":0}"#).expect_status(200);
    }
    gate.open();
    slow.response().expect_status(200);
}
