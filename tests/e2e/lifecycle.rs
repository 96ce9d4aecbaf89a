//! `init` once, `start` per instance, `run` with an instance of its own, `stop` for each.

use shim_testkit::{Shim, Value, json};

use crate::{Gate, begin, post_all, serve};

fn stopped(shim: &Shim) -> Vec<u64> {
    let lines = shim
        .logs()
        .into_iter()
        .filter(|log| log.says("instance stopped"));
    let mut numbers: Vec<_> = lines.map(|log| log["instance"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

fn count(shim: &Shim, message: &str) -> usize {
    shim.logs().iter().filter(|log| log.says(message)).count()
}

#[test]
fn an_instance_is_used_again_and_again() {
    let shim = serve("instances").start();
    for run in 1..=20 {
        let report = shim.post("/", "{}").expect_status(200).json();
        assert_eq!(report["runs"], run);
        assert_eq!(report["started"], 1);
    }
    shim.stop();
    assert_eq!(count(&shim, "initialised"), 1);
    assert_eq!(count(&shim, "instance started"), 1);
    assert_eq!(stopped(&shim), [1]);
}

#[test]
fn there_are_as_many_instances_as_ran_at_once() {
    let shim = serve("instances").start();
    let bodies = vec![r#"{"together":10}"#.to_owned(); 10];
    let mut numbers: Vec<_> = post_all(&shim, "/", &bodies)
        .iter()
        .map(|response| {
            response.expect_status(200).json()["instance"]
                .as_u64()
                .unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    // Ten more are served by the same ten.
    for response in post_all(&shim, "/", &bodies) {
        assert_eq!(response.expect_status(200).json()["started"], 10);
    }
    shim.stop();
    assert_eq!(count(&shim, "initialised"), 1);
    assert_eq!(stopped(&shim), numbers);
}

#[test]
fn a_run_has_its_instance_to_itself() {
    let shim = serve("instances").arg("--concurrency", "4").start();
    let bodies = vec![r#"{"sleep_ms":2}"#.to_owned(); 100];
    let reports: Vec<Value> = post_all(&shim, "/", &bodies)
        .iter()
        .map(|response| response.expect_status(200).json())
        .collect();
    // A run that met another one in its instance would have failed; and no run is lost.
    let most = |number: u64| {
        let of_it = reports.iter().filter(|report| report["instance"] == number);
        of_it
            .map(|report| report["runs"].as_u64().unwrap())
            .max()
            .unwrap_or(0)
    };
    assert_eq!((1..=4).map(most).sum::<u64>(), 100);
}

#[test]
fn idle_instances_are_stopped() {
    let shim = serve("instances").arg("--idle-timeout", "200ms").start();
    let bodies = vec![r#"{"together":3}"#.to_owned(); 3];
    post_all(&shim, "/", &bodies);
    shim.wait_for_logs("three stops", 3, |log| log.says("instance stopped"));
    assert_eq!(stopped(&shim), [1, 2, 3]);
    let report = shim.post("/", "{}").expect_status(200).json();
    assert_eq!(
        (&report["instance"], &report["stopped"]),
        (&json!(4), &json!(3))
    );
}

#[test]
fn a_busy_instance_is_not_idle() {
    let gate = Gate::new();
    let shim = serve("instances").arg("--idle-timeout", "50ms").start();
    let mut busy = begin(&shim, "/", &gate.event());
    shim.wait_for_message("running");
    // Others come and go idle meanwhile.
    shim.post("/", "{}").expect_status(200);
    shim.wait_for_log("the stop of the other", |log| {
        log.says("instance stopped") && log["instance"] == 2
    });
    assert_eq!(stopped(&shim), [2]);
    gate.open();
    assert_eq!(busy.response().expect_status(200).json()["instance"], 1);
}

#[test]
fn after_a_cancelled_run_the_instance_is_stopped() {
    let never = Gate::new();
    let shim = serve("instances").start();
    assert_eq!(shim.post("/", "{}").json()["instance"], 1);
    let left = begin(&shim, "/", &never.event());
    shim.wait_for_logs("both runs", 2, |log| log.says("running"));
    drop(left);
    let stop = shim.wait_for_message("instance stopped");
    assert_eq!((&stop["instance"], &stop["runs"]), (&json!(1), &json!(1)));
    let next = shim.post("/", "{}").expect_status(200).json();
    assert_eq!((&next["instance"], &next["runs"]), (&json!(2), &json!(1)));
}

#[test]
fn after_a_deadline_the_instance_is_stopped() {
    let never = Gate::new();
    let shim = serve("instances").arg("--timeout", "300ms").start();
    shim.post("/", never.event())
        .expect_error(504, "Sandbox.Timedout");
    let stop = shim.wait_for_message("instance stopped");
    assert_eq!((&stop["instance"], &stop["runs"]), (&json!(1), &json!(0)));
    assert_eq!(
        shim.post("/", "{}").expect_status(200).json()["instance"],
        2
    );
}

#[test]
fn a_cold_start_is_told_in_the_log() {
    let shim = serve("instances").start();
    for cold in [true, false] {
        let response = shim.post("/", "{}");
        let id = response.header("x-request-id").unwrap();
        let line = shim.wait_for_log("the invocation", |log| {
            log.is_invocation() && log.request_id() == id
        });
        assert_eq!(line["cold_start"], cold, "{line:?}");
    }
}
