//! The end: Lambda sends SIGTERM to whoever has registered an extension, and instances are stopped.

use shim_testkit::runtime_api::{Answer, Endpoint, Function};
use shim_testkit::{Signal, json};

use super::handler;
use crate::Gate;

fn count(function: &Function, message: &str) -> usize {
    let logs = function.process().logs();
    logs.iter().filter(|log| log.says(message)).count()
}

#[test]
fn a_handler_with_a_lifecycle_registers_an_extension() {
    let function = handler("instances").start();
    let register = function.request(Endpoint::Register);
    assert_eq!(register.header("lambda-extension-name"), Some("shim"));
    assert_eq!(register.json(), json!({ "events": [] }));
    let waits = function.request(Endpoint::ExtensionNext);
    assert_eq!(
        waits.header("lambda-extension-identifier"),
        Some("3cb8ac4a-5a7f-4b0b-9a77-6f9c2bbcd2de")
    );
    function.invoke("{}");
    // Lambda takes no registration after the init.
    let all = function.received();
    let place = |endpoint| {
        all.iter()
            .position(|request| request.endpoint() == endpoint)
    };
    assert!(place(Endpoint::Register) < place(Endpoint::Next));
    assert_eq!(function.count(Endpoint::Register), 1);
}

#[test]
fn a_handler_without_one_does_not() {
    let function = handler("echo").start();
    function.invoke("1").expect_response("1");
    assert_eq!(function.count(Endpoint::Register), 0);
    assert_eq!(function.connections(), 1);
}

#[test]
fn an_idle_instance_is_stopped() {
    for signal in [Signal::TERM, Signal::INT] {
        let function = handler("instances").start();
        function.invoke("{}");
        function.wait_for_idle(1);
        function.process().signal(signal);
        assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
        let line = function.process().wait_for_message("instance stopped");
        assert_eq!((&line["instance"], &line["runs"]), (&json!(1), &json!(1)));
    }
}

#[test]
fn every_instance_is_stopped() {
    let function = handler("instances")
        .env("AWS_LAMBDA_MAX_CONCURRENCY", "5")
        .start();
    function.wait_for_idle(5);
    let event = json!({ "together": 5 });
    let ids: Vec<_> = (0..5).map(|_| function.send(event.clone())).collect();
    for id in &ids {
        function.outcome(id);
    }
    function.wait_for_idle(5);
    function.process().signal(Signal::TERM);
    assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
    assert_eq!(
        count(&function, "instance stopped"),
        5,
        "{}",
        function.process().said()
    );
}

#[test]
fn a_handler_without_a_lifecycle_just_ends() {
    for signal in [Signal::TERM, Signal::INT] {
        let function = handler("echo").start();
        function.wait_for_idle(1);
        function.process().signal(signal);
        assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
        assert_eq!(function.process().stderr(), "");
    }
}

#[test]
fn a_run_that_does_not_end_is_abandoned() {
    let never = Gate::new();
    let function = handler("instances").start();
    let id = function.send(never.event());
    function.process().wait_for_message("running");
    function.process().signal(Signal::TERM);
    assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
    assert_eq!(count(&function, "instance stopped"), 0);
    let stderr = function.process().stderr();
    assert!(stderr.contains("it is given up"), "{stderr}");
    assert!(
        function
            .received()
            .iter()
            .all(|request| request.request_id() != Some(&id))
    );
}

#[test]
fn a_stop_that_does_not_end_is_abandoned() {
    for how in ["hang", "block"] {
        let function = handler("stop_misbehaves").env("STOP", how).start();
        function.invoke("{}").expect_response(r#""ok""#);
        function.process().signal(Signal::TERM);
        assert_eq!(
            function.wait_exit(),
            0,
            "{how}: {}",
            function.process().said()
        );
        assert_eq!(count(&function, "stop begins"), 1);
        assert_eq!(count(&function, "stop ends"), 0);
    }
}

#[test]
fn a_stop_that_fails_is_told() {
    for (how, message) in [("fail", "7 records are lost"), ("panic", "stop went wrong")] {
        let function = handler("stop_misbehaves").env("STOP", how).start();
        function.invoke("{}").expect_response(r#""ok""#);
        function.process().signal(Signal::TERM);
        assert_eq!(
            function.wait_exit(),
            0,
            "{how}: {}",
            function.process().said()
        );
        function.process().wait_for_log("what failed", |log| {
            log.level() == "ERROR" && log.message().contains(message)
        });
    }
}

#[test]
fn the_answer_that_is_being_posted_is_no_reason_to_wait() {
    let function = handler("instances").start();
    let (answer, key) = Answer::accepted().held();
    function.script(Endpoint::Response, answer);
    function.invoke("{}");
    function.process().signal(Signal::TERM);
    assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
    key.open();
}

#[test]
fn a_second_signal_changes_nothing() {
    let function = handler("stop_misbehaves").env("STOP", "wait").start();
    function.invoke("{}").expect_response(r#""ok""#);
    function.process().signal(Signal::TERM);
    function.process().wait_for_message("stop begins");
    function.process().signal(Signal::TERM);
    assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
    assert_eq!(count(&function, "stop begins"), 1);
}

#[test]
fn where_there_are_no_extensions_it_works_all_the_same() {
    for answer in [
        Answer::error(404, "NotFound", "404 page not found"),
        Answer::error(403, "Extension.Limit", "too many"),
        Answer::status(200),
        Answer::hang_up(),
        Answer::reset(),
    ] {
        let lambda = handler("instances");
        lambda.api().script(Endpoint::Register, answer);
        let function = lambda.start();
        assert_eq!(function.invoke("{}").json()["instance"], 1);
        function.process().signal(Signal::TERM);
        assert_eq!(function.wait_exit(), 0, "{}", function.process().said());
        assert_eq!(count(&function, "instance stopped"), 1);
    }
}

#[test]
fn an_extension_that_is_sent_away_is_no_reason_to_end() {
    let lambda = handler("instances");
    let api = lambda.api();
    api.script(
        Endpoint::ExtensionNext,
        Answer::error(500, "Broken", "away"),
    );
    let function = lambda.start();
    function.request(Endpoint::ExtensionNext);
    assert_eq!(function.invoke("{}").json()["instance"], 1);
    assert_eq!(function.invoke("{}").json()["instance"], 1);
}
