//! Whom the Invoke API is served to.

use crate::{Toml, behaviours, serve, shim};

const PATH: &str = "/2015-03-31/functions/echo/invocations";

#[test]
fn it_is_not_opened_to_a_network_by_accident() {
    for host in ["0.0.0.0", "::"] {
        let refused = serve("echo").arg("--host", host).run();
        refused
            .expect_code(64)
            .expect_stderr("the Invoke API would be open to everybody who can reach")
            .expect_stderr("--allow-unauthenticated");
        let variable = serve("echo").env("SHIM_HOST", host).run();
        variable.expect_code(78).expect_stderr("--credentials FILE");
        // Neither by the variable PORT, if it is asked for.
        let asked = serve("echo")
            .env("PORT", "0")
            .arg("--host", host)
            .arg("--invoke-api", "true");
        asked.run().expect_stderr("would be open to everybody");
    }
}

#[test]
fn it_may_be_opened_on_purpose() {
    let shim = serve("echo")
        .arg("--host", "0.0.0.0")
        .word("--allow-unauthenticated")
        .start();
    assert!(shim.address().ip().is_unspecified());
    shim.invoke("echo").send().expect_success();

    let shim = serve("echo")
        .arg("--host", "0.0.0.0")
        .arg("--invoke-api", "false")
        .start();
    shim.post(PATH, "as it is").expect_body("as it is");

    let keys = Toml::new("[a]\naws_access_key_id = A\naws_secret_access_key = B\n");
    let shim = serve("echo")
        .arg("--host", "0.0.0.0")
        .arg("--credentials", keys.path("shim.toml"))
        .start();
    shim.invoke("echo").send().expect_status(403);
    shim.post("/", "as it is").expect_body("as it is");
}

#[test]
fn on_a_platform_with_a_port_plain_http_is_served_alone() {
    let shim = shim()
        .command()
        .arg("--plugin", behaviours())
        .handler("echo")
        .env("PORT", "0")
        .start();
    assert!(shim.address().ip().is_unspecified());
    // It is a path as any other.
    shim.post(PATH, "no JSON")
        .expect_status(200)
        .expect_body("no JSON");
}
