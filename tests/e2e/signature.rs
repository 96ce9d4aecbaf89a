//! Only those who have a key may call the Invoke API.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use shim_testkit::{Response, Shim};

use crate::{Toml, serve};

const KEYS: &str = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = \
                    wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The header lines that sign a request, by AWS's own signer.
fn signature(key: (&str, &str), at: SystemTime, target: &str, body: &str) -> String {
    let identity = Credentials::new(key.0, key.1, None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("lambda")
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("http://shim{target}");
    let body = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new("POST", uri, std::iter::empty(), body).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let lines = instructions.headers();
    lines
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect()
}

fn signed(shim: &Shim, key: (&str, &str), target: &str, body: &str) -> Response {
    let lines = signature(key, SystemTime::now(), target, body);
    shim.call(target).lines(&lines).body(body).send()
}

const GOOD: (&str, &str) = ("AKIDEXAMPLE", SECRET);

fn path(name: &str) -> String {
    format!("/2015-03-31/functions/{name}/invocations")
}

fn with_keys() -> (Toml, Shim) {
    let file = Toml::new(KEYS);
    let shim = serve("echo")
        .arg("--credentials", file.path("shim.toml"))
        .start();
    (file, shim)
}

#[test]
fn a_request_signed_with_a_key_is_served() {
    let (_file, shim) = with_keys();
    for target in [
        path("echo"),
        path("echo%3A%24LATEST"),
        path("echo:$LATEST"),
        path("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aecho"),
        format!("{}?Qualifier=%24LATEST", path("echo")),
    ] {
        let response = signed(&shim, GOOD, &target, "[1]");
        response.expect_success().expect_body("[1]");
    }
    let stream = "/2021-11-15/functions/echo/response-streaming-invocations";
    assert_eq!(signed(&shim, GOOD, stream, "[1]").frames()[0].text(), "[1]");
}

#[test]
fn the_key_may_stand_in_the_environment() {
    let command = || serve("echo").arg("--credentials", "env");
    let shim = command()
        .env("AWS_ACCESS_KEY_ID", GOOD.0)
        .env("AWS_SECRET_ACCESS_KEY", GOOD.1)
        .start();
    signed(&shim, GOOD, &path("echo"), "[1]").expect_success();
    let other = signed(&shim, (GOOD.0, "another"), &path("echo"), "[1]");
    other.expect_api_error(403, "InvalidSignatureException", "does not match");
    command()
        .run()
        .expect_code(64)
        .expect_stderr("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and neither is set");
}

#[test]
fn others_are_refused_with_names_that_sdks_know() {
    let (_file, shim) = with_keys();
    let unsigned = shim.invoke("echo").send();
    unsigned.expect_api_error(
        403,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    );
    // Nobody learns which functions there are.
    shim.invoke("absent").send().expect_status(403);
    let unknown = signed(&shim, ("AKIDOTHER", SECRET), &path("echo"), "[1]");
    let text = "The security token included in the request is invalid.";
    unknown.expect_api_error(403, "UnrecognizedClientException", text);
    let wrong = signed(
        &shim,
        ("AKIDEXAMPLE", "another secret"),
        &path("echo"),
        "[1]",
    );
    let text = "The request signature we calculated does not match the signature you provided.";
    wrong.expect_api_error(403, "InvalidSignatureException", text);
    assert!(!wrong.text().contains(SECRET));

    // Another body, or another function, than what was signed.
    let lines = signature(GOOD, SystemTime::now(), &path("echo"), "[1]");
    let call = shim.invoke("echo").lines(&lines);
    call.body("[2]")
        .send()
        .expect_api_error(403, "InvalidSignatureException", "");
    let call = shim.invoke("other").lines(&lines);
    call.body("[1]")
        .send()
        .expect_api_error(403, "InvalidSignatureException", "");
    // Signed too long ago.
    let hour = std::time::Duration::from_secs(3600);
    let lines = signature(GOOD, SystemTime::now() - hour, &path("echo"), "[1]");
    let call = shim.invoke("echo").lines(&lines).body("[1]");
    call.send()
        .expect_api_error(403, "InvalidSignatureException", "Signature expired: ");
}

#[test]
fn plain_http_needs_no_signature() {
    let (_file, shim) = with_keys();
    shim.post("/", "[1]").expect_status(200).expect_body("[1]");
}

#[test]
fn keys_are_read_again_at_a_reload() {
    let (file, shim) = with_keys();
    signed(&shim, GOOD, &path("echo"), "[1]").expect_success();
    file.write(&KEYS.replace("AKIDEXAMPLE", "AKIDNEW"));
    shim.reload();
    signed(&shim, GOOD, &path("echo"), "[1]").expect_status(403);
    signed(&shim, ("AKIDNEW", SECRET), &path("echo"), "[1]").expect_success();
}

#[test]
fn a_file_without_keys_is_refused() {
    let file = Toml::new("[default]\nregion = us-east-1\n");
    let refused = serve("echo")
        .arg("--credentials", file.path("shim.toml"))
        .run();
    refused.expect_code(78).expect_stderr("holds no access key");
}
