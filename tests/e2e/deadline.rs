//! `--timeout`: the invocation ends and the caller is told.

use std::time::Duration;

use shim_testkit::{eventually, json};

use crate::{Gate, begin, post_all, serve};

/// Each handler that can hold its thread, and how.
const HOLDING: [(&str, &str); 4] = [
    ("holds", "/block"),
    ("holds", "/spin"),
    ("holds_plain", "/block"),
    ("holds_plain", "/spin"),
];

#[test]
fn an_async_handler_is_dropped_and_the_caller_told() {
    let never = Gate::new();
    let shim = serve("sleeps").arg("--timeout", "300ms").start();
    let expected = json!({
        "errorType": "Sandbox.Timedout",
        "errorMessage": "Task timed out after 0.30 seconds",
    });
    let response = shim.post("/", never.event());
    response
        .expect_error(504, "Sandbox.Timedout")
        .expect_json(&expected);
    assert_eq!(shim.wait_for_message("sleeper dropped")["slept"], false);
    let line = shim.wait_for_log("its line", |log| log.is_invocation());
    assert_eq!((line.level(), &line["status"]), ("ERROR", &json!(504)));
    assert!(line["duration_ms"].as_f64().unwrap() >= 300.0, "{line:?}");
}

#[test]
fn whoever_is_in_time_is_answered() {
    let shim = serve("sleeps").arg("--timeout", "30s").start();
    shim.post("/", r#"{"ms":20}"#).expect_status(200);
}

#[test]
fn a_plain_function_sees_the_signal() {
    let shim = serve("works_until_cancelled")
        .arg("--timeout", "300ms")
        .start();
    shim.get("/").expect_error(504, "Sandbox.Timedout");
    shim.wait_for_message("work cancelled");
}

/// Nothing can be dropped that holds its thread, but what it answers comes too late.
#[test]
fn a_handler_that_holds_its_thread_is_late_all_the_same() {
    for (handler, path) in HOLDING {
        let shim = serve(handler).arg("--timeout", "300ms").start();
        let mut held = begin(&shim, path, "");
        eventually("it is held", || {
            (shim.get("/held").text() == "1").then_some(())
        });
        // Longer than it may.
        std::thread::sleep(Duration::from_millis(600));
        shim.get("/release").expect_status(200);
        held.response().expect_error(504, "Sandbox.Timedout");
        shim.get("/").expect_status(200);
    }
}

#[test]
fn a_response_that_streams_is_cut() {
    let shim = serve("streams").arg("--timeout", "500ms").start();
    let mut connection = shim.connect();
    connection.send_request("GET", "/hangs", "", b"");
    connection.head().expect_status(200);
    assert_eq!(connection.chunk().unwrap().unwrap(), b"a piece;");
    assert!(connection.chunk().is_err(), "{}", shim.said());
    shim.wait_for_message("hanging stream dropped");
    let line = shim.wait_for_log("its line", |log| log.is_invocation());
    assert_eq!(line.level(), "ERROR", "{line:?}");
    assert!(line.message().contains("timed out"), "{line:?}");
}

/// Waiting for a place is not the function's doing.
#[test]
fn the_time_in_the_queue_does_not_count() {
    let shim = serve("instances")
        .arg("--timeout", "2s")
        .arg("--concurrency", "1")
        .start();
    // One after the other, so that the last waits for longer than the limit.
    let bodies = vec![r#"{"sleep_ms":600}"#.to_owned(); 5];
    for response in post_all(&shim, "/", &bodies) {
        response.expect_status(200);
    }
}
