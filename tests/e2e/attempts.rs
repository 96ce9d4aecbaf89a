//! SDKs that get no answer in time send their call again; the function runs once.

use shim_testkit::{Command, Log, Response, Shim, Signal, encode_text};

use crate::{Gate, serve};

fn instances() -> Command {
    serve("instances")
}

/// How many runs have begun.
fn runs(shim: &Shim) -> usize {
    shim.logs().iter().filter(|log| log.says("running")).count()
}

fn is_run(log: &Log) -> bool {
    log.says("running")
}

#[test]
fn two_attempts_at_once_run_once() {
    let gate = Gate::new();
    let shim = instances().start();
    let attempt = || {
        let call = shim.invoke("instances").body(gate.event());
        call.attempt_of("one").begin()
    };
    let (mut first, mut second) = (attempt(), attempt());
    shim.wait_for_message("running");
    // Another call is none of them.
    let other = shim.invoke("instances").attempt_of("two").send();
    assert_eq!(other.expect_success().json()["instance"], 2);
    gate.open();
    let (first, second) = (first.response(), second.response());
    first.expect_success();
    second.expect_success().expect_body(first.body());
    assert_eq!(first.request_id(), second.request_id());
    assert_eq!(first.json()["instance"], 1);
    shim.stop();
    assert_eq!(runs(&shim), 2, "{}", shim.said());
}

#[test]
fn a_later_attempt_gets_the_same_answer() {
    let shim = instances().start();
    let call = || shim.invoke("instances").attempt_of("one").tail();
    let first = call().send();
    first.expect_success();
    for _ in 0..3 {
        let again = call().send();
        again.expect_success().expect_body(first.body());
        assert_eq!(again.request_id(), first.request_id());
        assert_eq!(
            again.header("x-amz-log-result"),
            first.header("x-amz-log-result")
        );
    }
    let next = shim.invoke("instances").attempt_of("two").send();
    assert_eq!(next.expect_success().json()["runs"], 2);
    // The same id, for another function or version, is another call.
    let unnamed = shim.invoke("instances").send();
    assert_eq!(unnamed.expect_success().json()["runs"], 3);
}

#[test]
fn whoever_takes_anothers_id_for_another_event_gets_an_answer_of_its_own() {
    let shim = instances().start();
    let call = || shim.invoke("instances").attempt_of("one");
    call().body("{}").send().expect_success();
    let runs = |answer: Response| answer.expect_success().json()["runs"].clone();
    assert_eq!(runs(call().body("{\"other\":1}").send()), 2);
    assert_eq!(
        runs(call().body("{}").header("x-amz-tenant-id", "blue").send()),
        3
    );
    let context = encode_text(r#"{"a":1}"#);
    let other_context = call().body("{}").header("x-amz-client-context", &context);
    assert_eq!(runs(other_context.send()), 4);
    assert_eq!(runs(call().body("{}").send()), 1);
}

#[test]
fn a_run_goes_on_when_its_caller_has_gone() {
    let gate = Gate::new();
    let shim = instances().start();
    let call = || {
        shim.invoke("instances")
            .body(gate.event())
            .attempt_of("one")
    };
    let gone = call().begin();
    shim.wait_for_message("running");
    drop(gone);
    let mut again = call().begin();
    // A third one comes and goes while it runs.
    drop(call().begin());
    gate.open();
    let again = again.response();
    assert_eq!(again.expect_success().json()["runs"], 1);
    assert_eq!(call().send().request_id(), again.request_id());
    shim.stop();
    assert_eq!(runs(&shim), 1, "{}", shim.said());
}

#[test]
fn a_run_without_a_caller_is_finished_at_a_stop() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let call = shim.invoke("sleeps").body(gate.event());
    let gone = call.attempt_of("one").begin();
    shim.wait_for_message("sleeping");
    drop(gone);
    shim.signal(Signal::TERM);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
    gate.open();
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
    let slept = |log: &Log| log.says("sleeper dropped") && log["slept"] == true;
    assert!(shim.logs().iter().any(slept), "{}", shim.said());
}

#[test]
fn without_a_window_each_attempt_runs() {
    let shim = instances().arg("--retry-window", "none").start();
    for runs in 1..=3 {
        let response = shim.invoke("instances").attempt_of("one").send();
        assert_eq!(response.expect_success().json()["runs"], runs);
    }
}

#[test]
fn after_the_window_it_runs_again() {
    let shim = instances().arg("--retry-window", "1ms").start();
    let attempt = || {
        let response = shim.invoke("instances").attempt_of("one").send();
        response.expect_success().json()["runs"].as_u64().unwrap()
    };
    shim_testkit::eventually("it runs again", || (attempt() > 1).then_some(()));
}

#[test]
fn what_did_not_run_is_tried_again() {
    let gate = Gate::new();
    let shim = instances()
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let mut running = shim.invoke("instances").body(gate.event()).begin();
    shim.wait_for_message("running");
    let attempt = || shim.invoke("instances").attempt_of("one").send();
    attempt().expect_status(429);
    attempt().expect_status(429);
    gate.open();
    running.response().expect_success();
    assert_eq!(attempt().expect_success().json()["runs"], 2);
    // Neither is what was refused for its event.
    let bad = shim.invoke("instances").attempt_of("two").body("{").send();
    bad.expect_status(400);
    let good = shim.invoke("instances").attempt_of("two").send();
    assert_eq!(good.expect_success().json()["runs"], 3);
}

#[test]
fn an_error_is_joined_too() {
    let shim = instances().start();
    let fail = |how: &str| {
        let call = shim.invoke("instances").attempt_of(how);
        call.body(format!("{{\"{how}\":true}}")).send()
    };
    for (how, name) in [("fail", "Told"), ("panic", "Runtime.Panic")] {
        let (first, again) = (fail(how), fail(how));
        first.expect_function_error(name);
        again.expect_function_error(name).expect_body(first.body());
        assert_eq!(first.request_id(), again.request_id());
    }
    shim.stop();
    assert_eq!(runs(&shim), 2, "{}", shim.said());
}

#[test]
fn many_attempts_at_many_calls_run_each_call_once() {
    let shim = instances().start();
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let call = shim.invoke("instances").body(r#"{"sleep_ms":20}"#);
            call.attempt_of(&format!("call {}", number % 20)).begin()
        })
        .collect();
    let mut ids: Vec<_> = calls
        .into_iter()
        .map(|mut call| call.response().expect_success().request_id())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(shim.wait_for_logs("the runs", 20, is_run).len(), 20);
    shim.stop();
    assert_eq!(runs(&shim), 20, "{}", shim.said());
}
