//! SnapStart: the snapshot is taken between the init and the first event.

use shim_testkit::runtime_api::{Answer, Endpoint, Lambda};

use super::handler;

fn snapped(name: &str) -> Lambda {
    handler(name).env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
}

#[test]
fn the_first_event_is_asked_for_after_the_restore() {
    let lambda = snapped("instances");
    let (answer, key) = Answer::status(200).held();
    lambda.api().script(Endpoint::RestoreNext, answer);
    let function = lambda.start();
    function.request(Endpoint::RestoreNext);
    // All that can be done before the snapshot has been done.
    function.process().wait_for_message("instance started");
    assert_eq!(function.count(Endpoint::Next), 0);
    key.open();
    assert_eq!(function.invoke("{}").json()["instance"], 1);
    assert_eq!(function.count(Endpoint::RestoreNext), 1);
}

#[test]
fn a_restore_that_fails_is_told_and_ends_the_process() {
    let lambda = snapped("echo");
    lambda.api().script(
        Endpoint::RestoreNext,
        Answer::error(500, "Broken", "no memory"),
    );
    let function = lambda.start();
    let report = function.request(Endpoint::RestoreError);
    let message = report.json()["errorMessage"].as_str().unwrap().to_owned();
    assert!(
        message.contains("500") && message.contains("no memory"),
        "{message}"
    );
    assert_ne!(function.wait_exit(), 0);
    assert_eq!(function.count(Endpoint::Next), 0);
}

#[test]
fn the_connection_need_not_outlive_the_snapshot() {
    let lambda = snapped("echo");
    let answer = Answer::status(200).closing();
    lambda.api().script(Endpoint::RestoreNext, answer);
    let function = lambda.start();
    function.invoke("1").expect_response("1");
}

#[test]
fn without_snap_start_there_is_no_restore() {
    for kind in ["on-demand", "provisioned-concurrency"] {
        let function = handler("echo")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
            .start();
        function.invoke("1").expect_response("1");
        assert_eq!(function.count(Endpoint::RestoreNext), 0);
    }
}

#[test]
fn an_init_that_fails_is_an_init_error_all_the_same() {
    let (finished, requests) = snapped("init_fails").run();
    assert_ne!(finished.code(), 0);
    let endpoints: Vec<_> = requests.iter().map(|request| request.endpoint()).collect();
    assert_eq!(endpoints, [Endpoint::InitError]);
}
