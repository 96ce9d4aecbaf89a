//! Signed calls, and HTTPS.

use shim_testkit::Command;

use super::invoke;
use crate::{Toml, serve};

const KEYS: &str = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = \
                    wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n";

fn signed(command: Command, secret: &str) -> Command {
    let command = command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    command.env("AWS_SECRET_ACCESS_KEY", secret)
}

#[test]
fn calls_are_signed_by_the_key_in_the_environment() {
    let file = Toml::new(KEYS);
    let shim = serve("echo")
        .arg("--credentials", file.path("shim.toml"))
        .start();
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let found = signed(invoke(&shim), secret)
        .word("echo:$LATEST")
        .arg("--data", "[1]")
        .run();
    assert_eq!(found.expect_code(0).stdout(), "[1]");
    let found = signed(invoke(&shim), secret)
        .arg("--data", "[1]")
        .arg("--qualifier", "$LATEST")
        .arg("--client-context", "{ }")
        .word("--stream")
        .run();
    assert_eq!(found.expect_code(0).stdout(), "[1]");

    invoke(&shim)
        .run()
        .expect_code(77)
        .expect_stderr("MissingAuthenticationTokenException (403)")
        .expect_stderr("hint: signed calls are asked for: set AWS_ACCESS_KEY_ID");
    signed(invoke(&shim), "another")
        .run()
        .expect_code(77)
        .expect_stderr("InvalidSignatureException (403)")
        .expect_stderr("hint: AWS_SECRET_ACCESS_KEY, AWS_REGION or this machine's clock");
    invoke(&shim)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .run()
        .expect_code(65)
        .expect_stderr("AWS_ACCESS_KEY_ID is set, but not AWS_SECRET_ACCESS_KEY");
}

#[test]
fn https_trusts_the_certificates_of_the_system() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = Toml::new(&issued.cert.pem());
    std::fs::write(files.path("key.pem"), issued.signing_key.serialize_pem()).unwrap();
    let shim = serve("echo")
        .arg("--tls-cert", files.path("shim.toml"))
        .arg("--tls-key", files.path("key.pem"))
        .start();
    let url = format!("https://localhost:{}", shim.address().port());
    let call = || {
        crate::shim()
            .command()
            .word("invoke")
            .arg("--endpoint-url", &url)
    };
    let trusting = call().env("SSL_CERT_FILE", files.path("shim.toml"));
    assert_eq!(
        trusting.arg("--data", "[1]").run().expect_code(0).stdout(),
        "[1]"
    );
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(files.path("other.pem"), other.cert.pem()).unwrap();
    call()
        .env("SSL_CERT_FILE", files.path("other.pem"))
        .run()
        .expect_code(69)
        .expect_stderr("cannot connect to https://localhost:")
        .expect_stderr("SSL_CERT_FILE names a file");
}
