//! How large requests may be.

use crate::serve;

#[test]
fn a_body_up_to_the_limit_is_taken() {
    let shim = serve("echo").arg("--max-body", "1KiB").start();
    let body = vec![b'x'; 1024];
    shim.post("/", &body).expect_status(200).expect_body(&body);
    let mut connection = shim.connect();
    connection.send_request("POST", "/", "transfer-encoding: chunked\r\n", b"");
    connection
        .send_chunk(&body[..1000])
        .send_chunk(&body[1000..])
        .send_chunk(b"");
    connection.response().expect_status(200).expect_body(&body);
}

#[test]
fn a_longer_one_is_refused_by_its_announced_length() {
    for handler in ["echo", "mirror", "holds_plain"] {
        let shim = serve(handler).arg("--max-body", "1KiB").start();
        let mut connection = shim.connect();
        // None of the body is sent: nobody waits for it.
        connection.send_request("POST", "/", "content-length: 1025\r\n", b"");
        let response = connection.response();
        response
            .expect_error(413, "Request.TooLarge")
            .expect_header("connection", "close");
        assert!(
            response.error_message().contains("1024 bytes"),
            "{response:?}"
        );
        assert!(connection.read_until_closed().is_empty());
        shim.post("/", vec![b'x'; 100_000])
            .expect_error(413, "Request.TooLarge");
        shim.post("/", "x").expect_status(200);
    }
}

#[test]
fn a_longer_one_is_refused_while_it_arrives() {
    for handler in ["echo", "mirror", "holds_plain"] {
        let shim = serve(handler).arg("--max-body", "1KiB").start();
        let mut connection = shim.connect();
        connection.send_request("POST", "/", "transfer-encoding: chunked\r\n", b"");
        connection.send_chunk(&[b'x'; 600]).send_chunk(&[b'x'; 600]);
        connection.response().expect_error(413, "Request.TooLarge");
    }
}

#[test]
fn the_default_is_that_of_lambda() {
    let shim = serve("echo").start();
    let body = vec![b'x'; 6 * 1024 * 1024];
    assert_eq!(
        shim.post("/", &body).expect_status(200).body().len(),
        body.len()
    );
    let mut connection = shim.connect();
    let one_more = format!("content-length: {}\r\n", body.len() + 1);
    connection.send_request("POST", "/", &one_more, b"");
    connection.response().expect_status(413);
}

#[test]
fn a_refusal_is_logged() {
    let shim = serve("echo").arg("--max-body", "10").start();
    let headers = "x-request-id: big\r\n";
    shim.request("POST", "/", headers, b"longer than ten")
        .expect_status(413);
    let line = shim.wait_for_log("its line", |log| log.request_id() == "big");
    assert_eq!(line["status"], 413);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let shim = serve("mirror").start();
    let value = "x".repeat(30 * 1024);
    let fits = format!("x-one: {value}\r\n");
    shim.request("GET", "/", &fits, b"").expect_status(200);
    let too_large = format!("x-one: {value}\r\nx-two: {value}\r\nx-three: {value}\r\n");
    shim.request("GET", "/", &too_large, b"").expect_status(431);
    let too_many: String = (0..101)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    shim.request("GET", "/", &too_many, b"").expect_status(431);
    shim.get("/").expect_status(200);
}

#[test]
fn connections_beyond_the_limit_wait() {
    let shim = serve("echo").arg("--max-connections", "2").start();
    let (mut first, mut second) = (shim.connect(), shim.connect());
    first.post("/", "1").expect_status(200);
    second.post("/", "2").expect_status(200);
    let mut third = shim.connect();
    third.send_request("POST", "/", "", b"3");
    shim.wait_for_log("a warning", |log| {
        log.message().contains("all connections are in use")
    });
    drop(first);
    third.response().expect_status(200).expect_body("3");
    second.post("/", "2").expect_status(200);
}

#[test]
fn open_files_are_raised_to_what_connections_need() {
    let served = |limit: &str| {
        let shell = shim_testkit::Program::at("/bin/sh".as_ref()).command();
        let exec = format!("{limit} && exec \"$0\" \"$@\"");
        let shell = shell.arg("-c", exec).word(env!("CARGO_BIN_EXE_shim"));
        shell
            .arg("--plugin", shim_testkit::plugin("fixture-behaviours"))
            .words(["--handler", "echo", "--port", "0"])
    };
    let shim = served("ulimit -Sn 64").start();
    let mut open: Vec<_> = (0..200).map(|_| shim.connect()).collect();
    for connection in &mut open {
        connection.send_request("POST", "/", "content-length: 1\r\n", b"x");
    }
    for connection in &mut open {
        connection.response().expect_status(200);
    }
    // The system's own limit cannot be raised: that is told.
    let shim = served("ulimit -n 500").start();
    shim.wait_for_log("a warning", |log| {
        log.message()
            .starts_with("only 500 files may be open at once")
    });
}
