//! The admin listener: `/live` and `/ready`.

use shim_testkit::Signal;

use crate::{Gate, begin, serve};

#[test]
fn it_tells_health_and_readiness() {
    let shim = serve("echo").arg("--admin", "127.0.0.1:0").start();
    for path in ["/live", "/ready"] {
        shim.get_admin(path).expect_status(200).expect_body("ok");
        let mut connection = shim.connect_to(shim.admin());
        connection
            .request("HEAD", path, "", b"")
            .expect_status(200)
            .expect_header("content-length", "2");
        connection
            .post(path, "")
            .expect_error(405, "Request.MethodNotAllowed")
            .expect_header("allow", "GET, HEAD");
    }
    shim.get_admin("/").expect_error(404, "Request.NotFound");
    shim.stop();
}

#[test]
fn it_is_off_unless_asked_for() {
    let shim = serve("mirror").start();
    // The paths are the function's.
    assert_eq!(
        shim.get("/ready").expect_status(200).json()["path"],
        "/ready"
    );
    assert!(!shim.logs().iter().any(|log| log.says("admin listener")));
}

#[test]
fn while_it_drains_it_is_alive_and_not_ready() {
    let gate = Gate::new();
    let shim = serve("sleeps").arg("--admin", "127.0.0.1:0").start();
    // Connected before: a new connection could come too late.
    let mut admin = shim.connect_to(shim.admin());
    admin.get("/ready").expect_status(200);
    let mut running = begin(&shim, "/", &gate.event());
    shim.wait_for_message("sleeping");
    shim.signal(Signal::TERM);
    shim.wait_for_log("it stops", |log| log.message().starts_with("stopping"));
    // A load balancer asks on connections of its own.
    shim.get_admin("/ready")
        .expect_status(503)
        .expect_body("shutting down");
    shim.get_admin("/live").expect_status(200);
    gate.open();
    running.response().expect_status(200);
    assert_eq!(shim.wait_exit(), 0, "{}", shim.said());
}

#[test]
fn its_address_must_be_free() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    serve("echo")
        .arg("--admin", &address)
        .run()
        .expect_code(69)
        .expect_stderr(&format!("cannot listen on {address}"))
        .expect_stderr("choose one with --admin");
}
