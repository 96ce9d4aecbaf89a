//! The same over TLS.

use shim_testkit::{Command, Signal};

use crate::{Toml, serve};

/// A certificate and its key, in files.
struct Pair(Toml);

impl Pair {
    fn new() -> Self {
        Self(Toml::new(""))
    }

    /// Writes a new one for `localhost` and returns the certificate.
    fn issue(&self) -> String {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(self.0.path("cert.pem"), issued.cert.pem()).unwrap();
        let key = issued.signing_key.serialize_pem();
        std::fs::write(self.0.path("key.pem"), key).unwrap();
        issued.cert.pem()
    }

    fn serve(&self, handler: &str) -> Command {
        serve(handler)
            .arg("--tls-cert", self.0.path("cert.pem"))
            .arg("--tls-key", self.0.path("key.pem"))
    }
}

const PATH: &str = "/2015-03-31/functions/echo/invocations";

#[test]
fn everything_is_served_over_it() {
    let pair = Pair::new();
    let certificate = pair.issue();
    let shim = pair.serve("echo").start();
    let response = shim.https(&certificate, "POST", "/", "[1]").unwrap();
    response.expect_status(200).expect_body("[1]");
    let response = shim.https(&certificate, "POST", PATH, "[1]").unwrap();
    response.expect_success().expect_body("[1]");
    assert!(
        shim.stderr().contains("serving https://"),
        "{}",
        shim.said()
    );
}

#[test]
fn an_event_says_so() {
    let pair = Pair::new();
    let certificate = pair.issue();
    let shim = pair.serve("returns").arg("--http-events", "v2").start();
    let event = shim.https(&certificate, "GET", "/a", "").unwrap().json();
    assert_eq!(event["headers"]["x-forwarded-proto"], "https");
}

#[test]
fn a_reload_takes_the_new_certificate() {
    let pair = Pair::new();
    let old = pair.issue();
    let shim = pair.serve("echo").start();
    let ask = |certificate: &str| shim.https(certificate, "POST", "/", "[1]");
    ask(&old).unwrap().expect_body("[1]");
    let new = pair.issue();
    ask(&new).unwrap_err();
    shim.reload();
    ask(&new).unwrap().expect_body("[1]");
    ask(&old).unwrap_err();

    // What cannot be used is not taken.
    std::fs::write(pair.0.path("key.pem"), "no key").unwrap();
    shim.signal(Signal::HUP);
    shim.wait_for_log("an error", |log| {
        log.level() == "ERROR" && log.message().starts_with("nothing was reloaded")
    });
    ask(&new).unwrap().expect_body("[1]");
    shim.stop();
}

#[test]
fn certificate_and_key_belong_together() {
    let pair = Pair::new();
    pair.issue();
    for (flag, file) in [("--tls-cert", "cert.pem"), ("--tls-key", "key.pem")] {
        let refused = serve("echo").arg(flag, pair.0.path(file)).run();
        refused
            .expect_code(64)
            .expect_stderr("TLS needs both the certificate (--tls-cert) and its key (--tls-key)");
    }
    let other = Pair::new();
    other.issue();
    std::fs::copy(other.0.path("key.pem"), pair.0.path("key.pem")).unwrap();
    let refused = pair.serve("echo").run();
    refused
        .expect_code(78)
        .expect_stderr("does not belong to the certificate");
}
