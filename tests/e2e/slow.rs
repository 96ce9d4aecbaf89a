//! Clients that take their time.

use crate::serve;

#[test]
fn a_head_that_does_not_end_is_given_up() {
    let shim = serve("echo").arg("--header-timeout", "500ms").start();
    let mut silent = shim.connect();
    let mut half = shim.connect();
    half.send("GET / HTTP/1.1\r\nhost: x\r\nx-slow:");
    silent.read_until_closed();
    half.read_until_closed();
    let mut second = shim.connect();
    second.post("/", "x").expect_status(200);
    second.send("GET / HT");
    second.read_until_closed();
}

#[test]
fn a_body_that_stops_is_given_up() {
    for handler in ["echo", "mirror", "holds_plain"] {
        let shim = serve(handler).arg("--body-timeout", "500ms").start();
        let mut announced = shim.connect();
        announced.send_request("POST", "/", "content-length: 100\r\n", b"only this");
        let mut chunked = shim.connect();
        chunked.send_request("POST", "/", "transfer-encoding: chunked\r\n", b"");
        chunked.send_chunk(b"only this");
        announced.response().expect_error(408, "Request.TooSlow");
        chunked.response().expect_error(408, "Request.TooSlow");
    }
}

#[test]
fn a_body_that_comes_slowly_is_read() {
    let shim = serve("echo").arg("--body-timeout", "10s").start();
    let mut connection = shim.connect();
    connection.send_request("POST", "/", "content-length: 5\r\n", b"");
    for byte in b"slow!" {
        std::thread::sleep(std::time::Duration::from_millis(20));
        connection.send([*byte]);
    }
    connection
        .response()
        .expect_status(200)
        .expect_body("slow!");
}

#[test]
fn an_idle_connection_is_closed() {
    let shim = serve("echo").arg("--keep-alive", "500ms").start();
    let mut connection = shim.connect();
    connection.post("/", "x").expect_status(200);
    assert!(connection.read_until_closed().is_empty());
}

#[test]
fn a_client_that_goes_in_the_middle_does_no_harm() {
    let shim = serve("echo").start();
    for sent in [
        "",
        "G",
        "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf",
    ] {
        shim.connect().send(sent);
        let mut half = shim.connect();
        half.send(sent).end_sending();
        half.read_until_closed();
    }
    shim.post("/", "still there")
        .expect_status(200)
        .expect_body("still there");
    shim.stop();
}
