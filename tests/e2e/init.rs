//! `init`: its errors, its limit, readiness.

use shim_testkit::{Signal, json};

use crate::{Gate, serve};

#[test]
fn a_failed_init_refuses_the_plugin_with_its_error() {
    serve("init_fails")
        .run()
        .expect_code(65)
        .expect_stderr("init of handler `init_fails`")
        .expect_stderr("NoDatabase: connection refused");
}

#[test]
fn a_panic_in_init_refuses_the_plugin_with_its_place() {
    serve("init_panics")
        .run()
        .expect_code(65)
        .expect_stderr("init of handler `init_panics`")
        .expect_stderr("panicked: init went wrong at ")
        .expect_stderr("init.rs:");
}

#[test]
fn an_init_that_hangs_is_given_up() {
    serve("init_hangs")
        .run()
        .expect_code(65)
        .expect_stderr("init of handler `init_hangs`")
        .expect_stderr("did not return within 10s");
}

#[test]
fn an_init_that_blocks_its_thread_is_given_up() {
    serve("init_blocks")
        .run()
        .expect_code(65)
        .expect_stderr("did not return within 10s");
}

#[test]
fn nothing_is_served_before_init_is_done() {
    let gate = Gate::new();
    let shim = serve("init_waits")
        .var("FILE", gate.path())
        .arg("--admin", "127.0.0.1:0")
        .spawn();
    shim.wait_for_message("init waits");
    shim.get_admin("/live").expect_status(200);
    shim.get_admin("/ready")
        .expect_status(503)
        .expect_body("functions are still starting");
    gate.open();
    // The name it is served under is the handler's.
    shim.get("/")
        .expect_status(200)
        .expect_json(&json!("init_waits $LATEST"));
    shim.get_admin("/ready").expect_status(200);
}

#[test]
fn a_signal_ends_a_slow_init() {
    let never = Gate::new();
    let shim = serve("init_waits").var("FILE", never.path()).spawn();
    shim.wait_for_message("init waits");
    shim.signal(Signal::TERM);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}
