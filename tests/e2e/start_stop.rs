//! `start` that fails, `stop` that misbehaves.

use shim_testkit::{Signal, json};

use crate::serve;

#[test]
fn the_error_of_a_failed_start_reaches_the_caller() {
    let shim = serve("start_fails").start();
    for number in 1..=3 {
        let response = shim.post("/", "{}");
        response.expect_error(500, "NoConnection");
        // Not pooled: each invocation tries again.
        assert_eq!(response.error_message(), format!("start number {number}"));
    }
    let line = shim.wait_for_log("the failed start", |log| {
        log.message().starts_with("start failed")
    });
    assert_eq!(
        (line.level(), &line["error_type"]),
        ("ERROR", &json!("NoConnection"))
    );
    shim.stop();
    assert!(
        !shim
            .logs()
            .iter()
            .any(|log| log.says("stopped") && !log["runs"].is_null())
    );
}

#[test]
fn a_run_may_answer_without_an_instance() {
    let shim = serve("start_fails").start();
    for number in 1..=2 {
        let expected = json!({
            "starts": number, "runs": 0, "error": ["NoConnection", format!("start number {number}")],
        });
        shim.post("/", r#"{"answer":true}"#)
            .expect_status(200)
            .expect_json(&expected);
    }
}

#[test]
fn a_start_that_works_the_second_time_is_pooled_from_then_on() {
    let shim = serve("start_fails").var("START", "once").start();
    shim.post("/", "{}").expect_error(500, "NoConnection");
    for runs in 1..=3 {
        let expected = json!({ "starts": 2, "runs": runs, "error": null });
        shim.post("/", "{}")
            .expect_status(200)
            .expect_json(&expected);
    }
    shim.stop();
    shim.wait_for_log("one stop", |log| log.says("stopped") && log["runs"] == 3);
}

#[test]
fn a_panic_in_start_is_an_error_of_start() {
    let shim = serve("start_fails").var("START", "panic").start();
    let response = shim.post("/", "{}");
    response.expect_error(500, "Runtime.Panic");
    assert_eq!(response.error_message(), "start number 1 went wrong");
    let expected = json!(["Runtime.Panic", "start number 2 went wrong"]);
    let answered = shim.post("/", r#"{"answer":true}"#);
    assert_eq!(answered.expect_status(200).json()["error"], expected);
    shim.stop();
}

#[test]
fn an_error_of_stop_is_logged_and_no_more() {
    for (how, name, message) in [
        ("fail", "NotFlushed", "stop failed: 7 records are lost"),
        ("panic", "Runtime.Panic", "stop failed: stop went wrong"),
    ] {
        let shim = serve("stop_misbehaves").var("STOP", how).start();
        shim.get("/").expect_status(200);
        shim.stop();
        let line = shim.wait_for_message(message);
        assert_eq!((line.level(), &line["error_type"]), ("ERROR", &json!(name)));
    }
}

#[test]
fn shutdown_waits_for_stop() {
    let shim = serve("stop_misbehaves").var("STOP", "wait").start();
    shim.get("/").expect_status(200);
    shim.stop();
    assert!(
        shim.logs().iter().any(|log| log.says("stop ends")),
        "{}",
        shim.said()
    );
}

#[test]
fn a_stop_that_never_ends_does_not_keep_the_process() {
    for how in ["hang", "block"] {
        let shim = serve("stop_misbehaves")
            .var("STOP", how)
            .arg("--grace", "1s")
            .start();
        shim.get("/").expect_status(200);
        shim.signal(Signal::TERM);
        assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
        let warned = |log: &shim_testkit::Log| {
            log.level() == "WARN" && log.message().contains("grace is over")
        };
        assert!(shim.logs().iter().any(warned), "{}", shim.said());
    }
}
