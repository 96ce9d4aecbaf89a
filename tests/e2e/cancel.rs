//! A client that goes away cancels its invocation.

use std::time::Duration;

use shim_testkit::{Shim, json};

use crate::{Gate, begin, serve};

/// Makes the handler one that runs inline, if it is so quick.
fn warm_up(shim: &Shim, event: &str) {
    let mut connection = shim.connect();
    for _ in 0..200 {
        connection.post("/", event).expect_status(200);
    }
}

#[test]
fn an_async_handler_is_dropped() {
    let never = Gate::new();
    let shim = serve("sleeps").start();
    let left = begin(&shim, "/", &never.event());
    shim.wait_for_message("sleeping");
    drop(left);
    let dropped = shim.wait_for_message("sleeper dropped");
    assert_eq!(dropped["slept"], false);
    shim.post("/", r#"{"ms":1}"#)
        .expect_status(200)
        .expect_json(&json!("slept"));
}

#[test]
fn an_async_handler_that_runs_inline_is_dropped_too() {
    let never = Gate::new();
    let shim = serve("sleeps").start();
    warm_up(&shim, r#"{"ms":0}"#);
    let left = begin(&shim, "/", &never.event());
    shim.wait_for_logs("the last sleep", 201, |log| log.says("sleeping"));
    drop(left);
    shim.wait_for_log("its end", |log| {
        log.says("sleeper dropped") && log["slept"] == false
    });
}

#[test]
fn a_plain_function_sees_the_signal() {
    let shim = serve("works_until_cancelled").start();
    let left = begin(&shim, "/", "{}");
    shim.wait_for_message("working");
    drop(left);
    shim.wait_for_message("work cancelled");
}

#[test]
fn a_task_sees_the_signal() {
    let shim = serve("leaves_a_task").start();
    let left = begin(&shim, "/", r#"{"ms":600000}"#);
    shim.wait_for_message("sleeping");
    drop(left);
    shim.wait_for_message("task saw the cancellation");
}

#[test]
fn a_client_that_only_ends_its_sending_is_cancelled_as_well() {
    let never = Gate::new();
    let shim = serve("sleeps").start();
    let mut left = begin(&shim, "/", &never.event());
    shim.wait_for_message("sleeping");
    left.end_sending();
    shim.wait_for_message("sleeper dropped");
}

#[test]
fn a_cancelled_invocation_leaves_a_line() {
    let never = Gate::new();
    let shim = serve("sleeps").start();
    let mut left = shim.connect();
    let event = never.event();
    left.send_request("POST", "/", "x-request-id: gone\r\n", event.as_bytes());
    shim.wait_for_message("sleeping");
    drop(left);
    let line = shim.wait_for_log("the invocation that was left", |log| {
        log.is_invocation() && log.request_id() == "gone"
    });
    assert_eq!(line["function"], "sleeps");
}

#[test]
fn one_that_waits_in_the_queue_is_forgotten() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--queue", "1")
        .start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("running");
    // Of two, one waits and one is refused. The one that waits leaves, which makes room again.
    let connections = [begin(&shim, "/", "{}"), begin(&shim, "/", "{}")];
    shim.wait_for_log("a refusal", |log| log["status"] == 429);
    drop(connections);
    let mut patient = shim_testkit::eventually("a place in the queue", || {
        let mut waiting = begin(&shim, "/", "{}");
        let refused = waiting.try_answer_within(Duration::from_millis(300));
        refused.is_none().then_some(waiting)
    });
    gate.open();
    running.response().expect_status(200);
    patient.response().expect_status(200);
    shim.stop();
    // The one that left the queue never ran.
    let runs = shim.logs().iter().filter(|log| log.says("running")).count();
    assert_eq!(runs, 2, "{}", shim.said());
}
