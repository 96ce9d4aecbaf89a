//! `--concurrency` and `--queue`: how many run, how many wait, who is refused.

use std::time::Duration;

use crate::{Gate, begin, post_all, serve};

#[test]
fn no_more_run_at_once_than_allowed() {
    let shim = serve("instances").arg("--concurrency", "3").start();
    let bodies = vec![r#"{"together":3,"sleep_ms":5}"#.to_owned(); 30];
    for response in post_all(&shim, "/", &bodies) {
        let report = response.expect_status(200).json();
        assert_eq!(report["peak"], 3, "{report}");
        assert_eq!(report["started"], 3, "{report}");
    }
}

#[test]
fn a_handler_without_instances_is_limited_only_on_request() {
    let bodies: Vec<_> = (0..60)
        .map(|id| format!(r#"{{"id":"{id}","all":60}}"#))
        .collect();
    let shim = serve("meets").start();
    for response in post_all(&shim, "/", &bodies) {
        response.expect_status(200);
    }
    let gate = Gate::new();
    let shim = serve("sleeps")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("sleeping");
    shim.post("/", r#"{"ms":0}"#)
        .expect_error(429, "Request.Throttled");
    gate.open();
    running.response().expect_status(200);
    shim.post("/", r#"{"ms":0}"#).expect_status(200);
}

#[test]
fn beyond_the_queue_callers_are_refused_and_told_when_to_come_back() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--queue", "2")
        .start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("running");
    let mut others: Vec<_> = (0..5).map(|_| begin(&shim, "/", "{}")).collect();
    shim.wait_for_log("refusals", |log| log["status"] == 429);
    // Refused at once: three of the five have their answer before anything else happens.
    let mut refused = 0;
    shim_testkit::eventually("three refusals", || {
        others.retain_mut(|connection| {
            let Some(response) = connection.try_answer_within(Duration::from_millis(50)) else {
                return true;
            };
            response
                .expect_error(429, "Request.Throttled")
                .expect_header("retry-after", "1");
            refused += 1;
            false
        });
        (refused == 3).then_some(())
    });
    gate.open();
    running.response().expect_status(200);
    assert_eq!(others.len(), 2);
    for mut waited in others {
        waited.response().expect_status(200);
    }
    assert_eq!(shim.post("/", "{}").expect_status(200).json()["started"], 1);
}

#[test]
fn a_refusal_leaves_the_connection_open() {
    let gate = Gate::new();
    let shim = serve("sleeps")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("sleeping");
    let mut connection = shim.connect();
    connection.post("/", r#"{"ms":0}"#).expect_status(429);
    connection.post("/", r#"{"ms":0}"#).expect_status(429);
    gate.open();
    running.response().expect_status(200);
    connection.post("/", r#"{"ms":0}"#).expect_status(200);
}

#[test]
fn who_waits_is_served_in_the_order_of_arrival() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--threads", "1")
        .start();
    let mut waiting: Vec<_> = (0..6).map(|_| shim.connect()).collect();
    for connection in &mut waiting {
        connection.post("/", "{}").expect_status(200);
    }
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_logs("the gate's run", 7, |log| log.says("running"));
    for (number, connection) in waiting.iter_mut().enumerate() {
        let headers = format!("x-request-id: queued-{number}\r\n");
        connection.send_request("POST", "/", &headers, b"{}");
        // Nothing tells from outside that a request waits, so let it get there.
        std::thread::sleep(Duration::from_millis(100));
    }
    gate.open();
    running.response().expect_status(200);
    for connection in &mut waiting {
        connection.response().expect_status(200);
    }
    let queued =
        |log: &shim_testkit::Log| log.says("running") && log.request_id().starts_with("queued-");
    let order = shim.wait_for_logs("all runs", 6, queued);
    let order: Vec<_> = order
        .iter()
        .map(|log| log.request_id().to_owned())
        .collect();
    let expected: Vec<_> = (0..6).map(|number| format!("queued-{number}")).collect();
    assert_eq!(order, expected);
}

/// A streamed response is part of its invocation.
#[test]
fn a_place_is_taken_until_the_last_byte() {
    let shim = serve("streams")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut streaming = shim.connect();
    streaming.send_request("GET", "/hangs", "", b"");
    streaming.head().expect_status(200);
    shim.get("/unread").expect_status(429);
    drop(streaming);
    shim.wait_for_message("hanging stream dropped");
    shim_testkit::eventually("the place is free again", || {
        (shim.get("/unread").status() == 200).then_some(())
    });
}
