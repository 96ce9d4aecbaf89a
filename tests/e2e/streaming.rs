//! Bodies that are read and written piece by piece.

use std::time::Duration;

use shim_testkit::{Connection, Shim, json};

use crate::serve;

const MIB: usize = 1024 * 1024;

/// Asks for `target`, and reads the head of the answer.
fn open(shim: &Shim, target: &str) -> Connection {
    let mut connection = shim.connect();
    connection.send_request("GET", target, "", b"");
    connection
        .head()
        .expect_status(200)
        .expect_header("transfer-encoding", "chunked");
    connection
}

#[test]
fn a_response_comes_in_pieces() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    for _ in 0..3 {
        connection
            .get("/pieces?n=3&pause=1")
            .expect_status(200)
            .expect_body("piece 0;piece 1;piece 2;");
    }
    connection
        .get("/pieces?n=0")
        .expect_status(200)
        .expect_body("");
}

/// The answer begins before the request ends, and nothing is held back.
#[test]
fn both_directions_flow_at_once() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    connection.send_request("POST", "/duplex", "transfer-encoding: chunked\r\n", b"");
    connection.send_chunk(b"0");
    connection.head().expect_status(200);
    assert_eq!(connection.chunk().unwrap().unwrap(), b"0");
    for number in 1..50 {
        let piece = format!("piece {number}").into_bytes();
        connection.send_chunk(&piece);
        assert_eq!(connection.chunk().unwrap().unwrap(), piece);
    }
    connection.send_chunk(b"");
    assert_eq!(connection.chunk().unwrap(), None);
    connection.get("/pieces?n=1").expect_body("piece 0;");
}

/// Whoever reads a response that failed half-way must not take it for a whole one.
#[test]
fn a_stream_that_fails_breaks_the_connection() {
    for (handler, target, why) in [
        ("streams", "/fails", "Torn: the tape broke"),
        ("streams", "/panics", "what sent the body panicked"),
        ("stream_panics", "/", "the stream went wrong"),
    ] {
        let shim = serve(handler).start();
        let mut connection = shim.connect();
        connection.send_request("GET", target, "", b"");
        // What came before the failure is sent.
        connection.head().expect_status(200);
        let end = connection.rest();
        assert!(end.is_err(), "{end:?}");
        let line = shim.wait_for_log("its line", |log| log.is_invocation());
        assert_eq!((line.level(), &line["status"]), ("ERROR", &json!(200)));
        assert!(line.message().contains(why), "{line:?}");
        shim.stop();
    }
}

#[test]
fn a_reader_that_leaves_ends_the_stream() {
    let shim = serve("streams").start();
    let mut connection = open(&shim, "/endless");
    assert!(connection.chunk().unwrap().is_some());
    drop(connection);
    shim.wait_for_message("endless stream dropped");
    shim.wait_for_log("its line", |log| log.is_invocation());
}

#[test]
fn a_slow_reader_slows_the_writer_down() {
    let shim = serve("streams").start();
    let reader = open(&shim, "/endless");
    let sent = || {
        shim.get("/sent")
            .expect_status(200)
            .text()
            .parse::<usize>()
            .unwrap()
    };
    let mut before = usize::MAX;
    let end = shim_testkit::eventually("the writer waits", || {
        let now = sent();
        let stands = now == std::mem::replace(&mut before, now);
        std::thread::sleep(Duration::from_millis(100));
        stands.then_some(now)
    });
    // What the sockets' buffers hold, not what memory holds.
    assert!(end < 64 * MIB, "{end} bytes were sent to nobody");
    drop(reader);
}

#[test]
fn a_reader_that_stands_still_is_given_up() {
    let shim = serve("streams").arg("--write-timeout", "500ms").start();
    let _reader = open(&shim, "/endless");
    shim.wait_for_message("endless stream dropped");
}

#[test]
fn a_huge_response_arrives_whole() {
    let shim = serve("streams").start();
    let huge = shim.get("/huge?mib=64");
    huge.expect_status(200)
        .expect_header("content-length", &(64 * MIB).to_string());
    assert!(huge.body().iter().all(|byte| *byte == b'x'));
}

#[test]
fn a_huge_request_is_read_as_it_comes() {
    let shim = serve("streams").arg("--max-body", "64MiB").start();
    let body = vec![3; 20 * MIB];
    let expected = json!({ "bytes": 20 * MIB, "sum": 60 * MIB });
    shim.post("/count", &body)
        .expect_status(200)
        .expect_json(&expected);
    // A reader that takes its time.
    let body = vec![1; MIB];
    let expected = json!({ "bytes": MIB, "sum": MIB });
    shim.post("/count?pause=1", &body)
        .expect_status(200)
        .expect_json(&expected);
}

#[test]
fn a_request_without_a_length_is_read_as_it_comes() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    for _ in 0..2 {
        connection.send_request("POST", "/count", "transfer-encoding: chunked\r\n", b"");
        for _ in 0..100 {
            connection.send_chunk(&[1; 1000]);
        }
        connection.send_chunk(b"");
        let expected = json!({ "bytes": 100_000, "sum": 100_000 });
        connection
            .response()
            .expect_status(200)
            .expect_json(&expected);
    }
}

#[test]
fn a_request_that_breaks_off_fails_the_handlers_reading() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    connection.send_request("POST", "/count", "transfer-encoding: chunked\r\n", b"");
    connection.send_chunk(&[1; 1000]);
    connection.send("this is no chunk\r\n");
    connection.response().expect_error(400, "Request.CutOff");
}

#[test]
fn a_body_that_nobody_reads_does_no_harm() {
    let shim = serve("streams").start();
    for size in [10, 100_000, 5 * MIB] {
        shim.post("/unread", vec![1; size])
            .expect_status(200)
            .expect_body("did not look at it");
    }
    shim.get("/unread").expect_status(200);
}

#[test]
fn head_of_a_stream_has_no_body() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    connection
        .request("HEAD", "/pieces?n=3", "", b"")
        .expect_status(200)
        .expect_body("");
    connection
        .request("HEAD", "/endless", "", b"")
        .expect_status(200)
        .expect_body("");
    shim.wait_for_message("endless stream dropped");
    connection.get("/pieces?n=1").expect_body("piece 0;");
}
