//! `InvokeWithResponseStream`: responses in frames, as they come.

use shim_testkit::frames::{self, Frame};
use shim_testkit::{Connection, decode_text, json};

use crate::{Gate, serve};

/// What the frames before the last hold together.
fn payload(frames: &[Frame]) -> Vec<u8> {
    let (_, pieces) = frames.split_last().unwrap();
    for piece in pieces {
        assert_eq!(piece.event(), "PayloadChunk");
        assert_eq!(piece.headers[":content-type"], "application/octet-stream");
    }
    pieces
        .iter()
        .flat_map(|piece| piece.payload.clone())
        .collect()
}

/// The next frame of an answer whose head was read.
fn next_frame(connection: &mut Connection, bytes: &mut Vec<u8>) -> Frame {
    loop {
        let mut rest = bytes.as_slice();
        if let Some(frame) = frames::take(&mut rest) {
            *bytes = rest.to_vec();
            return frame;
        }
        let chunk = connection.chunk().unwrap();
        bytes.extend(chunk.expect("a further frame"));
    }
}

#[test]
fn a_streamed_response_comes_in_frames() {
    let shim = serve("pieces").start();
    let response = shim.invoke_stream("pieces").send();
    response
        .expect_header("x-amz-executed-version", "$LATEST")
        .expect_no_header("x-amz-function-error");
    assert_eq!(response.request_id().len(), 36);
    let frames = response.frames();
    assert_eq!(payload(&frames), b"first;second");
    assert_eq!(frames.last().unwrap().completion(), json!({}));
}

#[test]
fn the_first_frame_comes_before_the_handler_has_ended() {
    let gate = Gate::new();
    let shim = serve("pieces").start();
    let mut connection = shim.invoke_stream("pieces").body(gate.event()).begin();
    connection.head().expect_status(200);
    let mut bytes = Vec::new();
    assert_eq!(next_frame(&mut connection, &mut bytes).text(), "first;");
    gate.open();
    assert_eq!(next_frame(&mut connection, &mut bytes).text(), "second");
    let last = next_frame(&mut connection, &mut bytes);
    assert_eq!(last.completion(), json!({}));
    assert!(bytes.is_empty());
    assert_eq!(connection.chunk().unwrap(), None);
}

#[test]
fn a_response_that_breaks_off_ends_with_its_error() {
    let shim = serve("pieces").start();
    let response = shim.invoke_stream("pieces").body(r#"{"fail":true}"#).send();
    let frames = response.frames();
    assert_eq!(payload(&frames), b"first;");
    let end = frames.last().unwrap().completion();
    assert_eq!(end["ErrorCode"], "Unhandled");
    let details: serde_json::Value =
        serde_json::from_str(end["ErrorDetails"].as_str().unwrap()).unwrap();
    let message = details["errorMessage"].as_str().unwrap();
    assert!(message.contains("the tape broke"), "{details}");
    // A whole answer cannot break off: it is the error.
    let whole = shim.invoke("pieces").body(r#"{"fail":true}"#).send();
    whole
        .expect_status(200)
        .expect_header("x-amz-function-error", "Unhandled");
    assert!(
        whole.error_message().contains("the tape broke"),
        "{whole:?}"
    );
}

#[test]
fn an_error_before_the_response_is_in_the_last_frame_alone() {
    let shim = serve("pieces").start();
    let response = shim
        .invoke_stream("pieces")
        .body(r#"{"refuse":true}"#)
        .send();
    let frames = response.frames();
    assert_eq!(frames.len(), 1);
    let end = frames[0].completion();
    assert_eq!(end["ErrorCode"], "Unhandled");
    let details = end["ErrorDetails"].as_str().unwrap();
    assert!(details.contains(r#""errorType":"Refused""#), "{details}");
    assert!(details.contains("no pieces today"), "{details}");
}

#[test]
fn a_timeout_and_a_panic_are_in_the_last_frame() {
    let shim = serve("sleeps").arg("--timeout", "100ms").start();
    let response = shim.invoke_stream("sleeps").body(r#"{"ms":60000}"#).send();
    let end = response.frames().last().unwrap().completion();
    let details = end["ErrorDetails"].as_str().unwrap();
    assert!(
        details.contains("Task timed out after 0.10 seconds"),
        "{details}"
    );
    assert!(details.contains(&response.request_id()), "{details}");

    let shim = serve("panics").start();
    let response = shim
        .invoke_stream("panics")
        .body(r#"{"how":"text"}"#)
        .send();
    let end = response.frames().last().unwrap().completion();
    assert!(
        end["ErrorDetails"].as_str().unwrap().contains("boom"),
        "{end}"
    );

    let shim = serve("stream_panics").start();
    let frames = shim.invoke_stream("stream_panics").send().frames();
    assert_eq!(payload(&frames), b"a piece;a piece;");
    assert_eq!(
        frames.last().unwrap().completion()["ErrorCode"],
        "Unhandled"
    );
}

#[test]
fn a_stream_that_takes_too_long_ends_with_its_timeout() {
    let gate = Gate::new();
    let shim = serve("pieces").arg("--timeout", "200ms").start();
    let response = shim.invoke_stream("pieces").body(gate.event()).send();
    let frames = response.frames();
    assert_eq!(payload(&frames), b"first;");
    assert_eq!(
        frames.last().unwrap().completion()["ErrorCode"],
        "Unhandled"
    );
}

#[test]
fn a_whole_response_is_framed_too() {
    let shim = serve("sized").start();
    let bytes = 3 * 1024 * 1024 + 5;
    let event = json!({ "bytes": bytes });
    let frames = shim.invoke_stream("sized").json(&event).send().frames();
    assert_eq!(payload(&frames).len(), bytes);
    assert_eq!(frames.last().unwrap().completion(), json!({}));
    // Above what a whole answer may have.
    let event = json!({ "bytes": 8_000_000 });
    let frames = shim.invoke_stream("sized").json(&event).send().frames();
    assert_eq!(payload(&frames).len(), 8_000_000);

    let shim = serve("nothing").start();
    let frames = shim.invoke_stream("nothing").send().frames();
    assert_eq!(payload(&frames), b"null");
}

#[test]
fn a_streamed_response_may_be_asked_for_as_a_whole() {
    let shim = serve("pieces").start();
    let response = shim.invoke("pieces").send();
    response.expect_success().expect_body("first;second");
}

#[test]
fn a_caller_that_leaves_cancels_the_stream() {
    let gate = Gate::new();
    let shim = serve("pieces").start();
    let mut connection = shim.invoke_stream("pieces").body(gate.event()).begin();
    connection.head().expect_status(200);
    assert_eq!(
        next_frame(&mut connection, &mut Vec::new()).text(),
        "first;"
    );
    drop(connection);
    shim.wait_for_log("the stream is dropped", |log| {
        log.says("pieces dropped") && log["whole"] == false
    });
    shim.wait_for_log("its line", |log| {
        log.is_invocation() && log["status"] == 499
    });
}

#[test]
fn a_stream_is_finished_at_a_stop() {
    let gate = Gate::new();
    let shim = serve("pieces").start();
    let mut connection = shim.invoke_stream("pieces").body(gate.event()).begin();
    connection.head().expect_status(200);
    let mut bytes = Vec::new();
    assert_eq!(next_frame(&mut connection, &mut bytes).text(), "first;");
    shim.signal(shim_testkit::Signal::TERM);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
    gate.open();
    assert_eq!(next_frame(&mut connection, &mut bytes).text(), "second");
    assert_eq!(
        next_frame(&mut connection, &mut bytes).completion(),
        json!({})
    );
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn the_log_is_in_the_last_frame() {
    let shim = serve("pieces").start();
    let response = shim.invoke_stream("pieces").tail().send();
    response.expect_no_header("x-amz-log-result");
    let end = response.frames().last().unwrap().completion();
    let tail = decode_text(end["LogResult"].as_str().unwrap());
    let id = response.request_id();
    for text in [
        &format!("START RequestId: {id}"),
        "pieces begin",
        "pieces dropped",
        &format!("REPORT RequestId: {id}"),
    ] {
        assert!(tail.contains(text), "no `{text}` in\n{tail}");
    }
}

#[test]
fn what_cannot_begin_is_an_error_of_the_api() {
    let shim = serve("pieces").start();
    shim.invoke_stream("absent").send().expect_api_error(
        404,
        "ResourceNotFoundException",
        "absent",
    );
    shim.invoke_stream("pieces")
        .body("{")
        .send()
        .expect_api_error(400, "InvalidRequestContentException", "parse");
}
