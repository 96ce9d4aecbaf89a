//! SIGTERM: no more connections, what runs is finished, instances are stopped, exit 0.

use shim_testkit::{Shim, Signal, eventually};

use crate::{Gate, begin, serve};

/// Signals, and waits until the shim has taken notice.
fn begin_to_stop(shim: &Shim, signal: Signal) {
    shim.signal(signal);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
}

/// Waits until nobody listens any more.
fn wait_until_deaf(shim: &Shim) {
    let address = shim.address();
    eventually("the listener is closed", || {
        std::net::TcpStream::connect(address).is_err().then_some(())
    });
}

#[test]
fn an_idle_shim_ends_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let shim = serve("echo").start();
        shim.post("/", "x").expect_status(200);
        shim.signal(signal);
        assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
        assert!(
            shim.logs().iter().any(|log| log.says("stopped")),
            "{}",
            shim.said()
        );
    }
}

#[test]
fn what_runs_is_finished() {
    let gate = Gate::new();
    let shim = serve("instances").start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("running");
    begin_to_stop(&shim, Signal::TERM);
    wait_until_deaf(&shim);
    gate.open();
    running
        .response()
        .expect_status(200)
        .expect_header("connection", "close");
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
    let stops = shim
        .logs()
        .iter()
        .filter(|log| log.says("instance stopped"))
        .count();
    assert_eq!(stops, 1, "{}", shim.said());
}

#[test]
fn what_waits_in_the_queue_is_finished_too() {
    let gate = Gate::new();
    let shim = serve("instances")
        .arg("--concurrency", "1")
        .arg("--queue", "2")
        .start();
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("running");
    let mut others: Vec<_> = (0..3).map(|_| begin(&shim, "/", "{}")).collect();
    // Of three one is refused, so two wait.
    shim.wait_for_log("a refusal", |log| log["status"] == 429);
    begin_to_stop(&shim, Signal::TERM);
    gate.open();
    running.response().expect_status(200);
    let mut statuses: Vec<_> = others
        .iter_mut()
        .map(|other| other.response().status())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429], "{}", shim.said());
    assert_eq!(shim.wait_exit(), 0);
}

#[test]
fn a_stream_is_finished() {
    let shim = serve("streams").start();
    let mut connection = shim.connect();
    connection.send_request("POST", "/duplex", "transfer-encoding: chunked\r\n", b"");
    connection.send_chunk(b"before");
    connection.head().expect_status(200);
    assert_eq!(connection.chunk().unwrap().unwrap(), b"before");
    begin_to_stop(&shim, Signal::TERM);
    connection.send_chunk(b"after");
    assert_eq!(connection.chunk().unwrap().unwrap(), b"after");
    connection.send_chunk(b"");
    assert_eq!(connection.chunk().unwrap(), None);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn http2_is_finished() {
    let gate = Gate::new();
    let shim = serve("sleeps").start();
    let http2 = shim.http2();
    let running = http2.begin("POST", "/", gate.event().as_bytes());
    shim.wait_for_message("sleeping");
    begin_to_stop(&shim, Signal::TERM);
    wait_until_deaf(&shim);
    gate.open();
    http2.finish(running).expect_status(200);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn idle_connections_are_closed() {
    let shim = serve("echo").start();
    let mut idle = shim.connect();
    idle.post("/", "x").expect_status(200);
    let mut silent = shim.connect();
    shim.signal(Signal::TERM);
    assert!(idle.read_until_closed().is_empty());
    assert!(silent.read_until_closed().is_empty());
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn a_second_signal_aborts() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::TERM)] {
        let never = Gate::new();
        let shim = serve("sleeps").start();
        let mut running = begin(&shim, "/", &never.event());
        shim.wait_for_message("sleeping");
        begin_to_stop(&shim, first);
        shim.signal(second);
        assert_eq!(shim.wait_exit(), 70, "{}", shim.said());
        shim.wait_for_log("why", |log| {
            log.level() == "ERROR" && log.message().contains("second")
        });
        running.read_until_closed();
    }
}

#[test]
fn what_takes_longer_than_the_grace_is_cut() {
    let never = Gate::new();
    let shim = serve("instances").arg("--grace", "1s").start();
    let mut running = begin(&shim, "/", &never.event());
    shim.wait_for_message("running");
    shim.signal(Signal::TERM);
    assert!(running.read_until_closed().is_empty(), "{}", shim.said());
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
    let cut = shim.wait_for_log("a warning", |log| log.message().contains("grace is over"));
    assert_eq!(
        (cut.level(), &cut["requests"]),
        ("WARN", &shim_testkit::json!(1))
    );
    // Its instance is stopped all the same.
    shim.wait_for_message("instance stopped");
}

/// Whoever has not begun by the end can still be told.
#[test]
fn who_waits_for_a_place_when_the_grace_ends_is_told() {
    let never = Gate::new();
    let shim = serve("instances")
        .arg("--grace", "1s")
        .arg("--concurrency", "1")
        .start();
    let mut running = shim.invoke("instances").body(never.event()).begin();
    shim.wait_for_message("running");
    let mut called = shim.invoke("instances").begin();
    let mut asked = begin(&shim, "/", "{}");
    // Connections are accepted in their order: those before are there now.
    shim.invoke("instances").kind("DryRun").send();
    shim.signal(Signal::TERM);
    let answer = called.response();
    answer.expect_api_error(503, "ServiceUnavailableException", "");
    asked.response().expect_status(503);
    assert!(running.read_until_closed().is_empty(), "{}", shim.said());
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn a_handler_that_blocks_for_ever_does_not_keep_the_process() {
    for handler in ["holds", "holds_plain"] {
        for quick in [0, 300] {
            let shim = serve(handler).arg("--grace", "1s").start();
            let mut connection = shim.connect();
            for _ in 0..quick {
                connection.get("/").expect_status(200);
            }
            let _held = begin(&shim, "/block", "");
            eventually("it is held", || {
                (shim.get("/held").text() == "1").then_some(())
            });
            shim.signal(Signal::TERM);
            assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
        }
    }
}

#[test]
fn all_instances_are_stopped() {
    let shim = serve("instances").start();
    let bodies = vec![r#"{"together":20}"#.to_owned(); 20];
    crate::post_all(&shim, "/", &bodies);
    shim.stop();
    let stops = shim
        .logs()
        .iter()
        .filter(|log| log.says("instance stopped"))
        .count();
    assert_eq!(stops, 20, "{}", shim.said());
}
