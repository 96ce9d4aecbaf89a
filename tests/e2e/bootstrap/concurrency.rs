//! Several invocations at once: `AWS_LAMBDA_MAX_CONCURRENCY`.

use std::collections::BTreeSet;

use shim_testkit::json;
use shim_testkit::runtime_api::{Answer, Endpoint, Lambda};

use super::handler;

fn managed(name: &str, concurrency: u32) -> Lambda {
    handler(name)
        .env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string())
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances")
}

#[test]
fn so_many_events_are_in_flight_at_once() {
    let function = managed("meets", 8).start();
    function.wait_for_idle(8);
    // Nobody gets an answer before all have come.
    let event = |id: usize| json!({ "id": id.to_string(), "all": 8 });
    let ids: Vec<_> = (0..8).map(|id| function.send(event(id))).collect();
    for (number, id) in ids.iter().enumerate() {
        let expected = json!({ "id": number.to_string() });
        function.outcome(id).expect_json(&expected);
    }
    function.wait_for_idle(8);
    assert_eq!(function.connections(), 8);
}

#[test]
fn each_loop_has_a_connection_and_an_instance_of_its_own() {
    let function = managed("instances", 4).start();
    function.wait_for_idle(4);
    let event = json!({ "together": 4 });
    let ids: Vec<_> = (0..4).map(|_| function.send(event.clone())).collect();
    let outcomes: Vec<_> = ids.iter().map(|id| function.outcome(id)).collect();
    let instances: BTreeSet<_> = outcomes
        .iter()
        .map(|outcome| outcome.json()["instance"].as_u64().unwrap())
        .collect();
    assert_eq!(instances.len(), 4);
    let connections: BTreeSet<_> = outcomes
        .iter()
        .map(|outcome| outcome.connection())
        .collect();
    assert_eq!(connections.len(), 4);
    for outcome in &outcomes {
        assert_eq!(outcome.json()["peak"], 4);
    }
}

#[test]
fn without_it_one_event_runs_at_a_time() {
    let function = handler("instances").start();
    for _ in 0..5 {
        function.send("{}");
    }
    let report = function.invoke("{}").json();
    assert_eq!((&report["peak"], &report["runs"]), (&json!(1), &json!(6)));
    assert_eq!(report["started"], 1);
}

#[test]
fn odd_numbers_are_one() {
    for odd in ["0", "", "many", "-3"] {
        let function = handler("echo")
            .env("AWS_LAMBDA_MAX_CONCURRENCY", odd)
            .start();
        function.invoke("1").expect_response("1");
        assert_eq!(function.connections(), 1, "{odd:?}");
    }
}

#[test]
fn a_panic_in_one_loop_does_not_disturb_the_others() {
    let function = managed("instances", 3).start();
    function.wait_for_idle(3);
    for _ in 0..6 {
        function.invoke(r#"{"panic":true}"#).json()["errorType"]
            .as_str()
            .filter(|name| *name == "Runtime.Panic")
            .unwrap();
    }
    function.wait_for_idle(3);
    let event = json!({ "together": 3 });
    let ids: Vec<_> = (0..3).map(|_| function.send(event.clone())).collect();
    for id in &ids {
        assert_eq!(function.outcome(id).endpoint(), Endpoint::Response);
    }
}

#[test]
fn an_internal_error_in_one_loop_ends_all() {
    let function = managed("echo", 3).start();
    function.wait_for_idle(3);
    function.script(
        Endpoint::Response,
        Answer::error(500, "InternalServerError", "out of order"),
    );
    function.send("1");
    assert_eq!(function.wait_exit(), 70, "{}", function.process().said());
}

#[test]
fn whichever_loop_loses_the_runtime_api_the_exit_code_is_the_same() {
    let function = managed("echo", 8).start();
    function.wait_for_idle(8);
    for _ in 0..200 {
        function.script(Endpoint::Next, Answer::hang_up());
    }
    assert_eq!(function.wait_exit(), 69, "{}", function.process().said());
}

#[test]
fn logs_are_json_in_managed_instances() {
    let function = managed("logs", 2).without("AWS_LAMBDA_LOG_FORMAT").start();
    let outcome = function.invoke(r#"{"tag":"t"}"#);
    let id = outcome.request_id().unwrap();
    function.process().wait_for_log("in JSON", |log| {
        log.says("at info") && log.request_id() == id
    });
}

#[test]
fn log_lines_of_many_at_once_keep_their_invocation() {
    let function = managed("logs", 8).start();
    let ids: Vec<_> = (0..64)
        .map(|number| function.send(json!({ "tag": format!("tag-{number}") })))
        .collect();
    for id in &ids {
        function.outcome(id);
    }
    for (number, id) in ids.iter().enumerate() {
        let tag = format!("tag-{number}");
        let lines = function
            .process()
            .wait_for_logs("of the tag", 6, |log| log.text("tag") == tag);
        for line in lines {
            assert_eq!(line.request_id(), id, "{line:?}");
        }
    }
}
