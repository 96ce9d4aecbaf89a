//! `shim invoke`, against a shim that serves.

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use shim_testkit::{Command, Shim, json, plugin};

use crate::{Gate, Toml, behaviours, serve, serve_as, shim};

const KEYS: &str = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = \
                    wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n";

/// A call of what this shim serves.
fn invoke(at: &Shim) -> Command {
    let endpoint = format!("http://{}", at.address());
    shim()
        .command()
        .word("invoke")
        .arg("--endpoint-url", endpoint)
}

/// A call of what waits at this gate, once the first piece of its response was printed.
fn begin_stream(at: &Shim, gate: &Gate) -> Child {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_shim"))
        .args(["invoke", "--stream", "--data", &gate.event()])
        .args(["--endpoint-url", &format!("http://{}", at.address())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 6];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    assert_eq!(&first, b"first;");
    child
}

/// A call of a handler without a server.
fn in_process(handler: &str) -> Command {
    let plugin = format!("{}#{handler}", behaviours().display());
    shim().command().word("invoke").arg("--plugin", plugin)
}

fn signed(command: Command, secret: &str) -> Command {
    let command = command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    command.env("AWS_SECRET_ACCESS_KEY", secret)
}

#[test]
fn the_response_comes_out_byte_for_byte() {
    let shim = serve("echo").start();
    for event in ["[1, 2]", "  {\"a\":\"é\\n\"}\n", "\"text\""] {
        let found = invoke(&shim).word("echo").arg("--data", event).run();
        found.expect_code(0);
        assert_eq!(
            (found.stdout().as_str(), found.stderr().as_str()),
            (event, "")
        );
    }
    let file = Toml::new("[3]\n");
    let found = invoke(&shim)
        .arg("--data-file", file.path("shim.toml"))
        .run();
    assert_eq!(found.expect_code(0).stdout(), "[3]\n");
    // Without an event it is an empty object.
    assert_eq!(invoke(&shim).run().stdout(), "{}");
}

#[test]
fn an_event_may_come_from_standard_input() {
    let shim = serve("echo").start();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_shim"))
        .args(["invoke", "echo", "--data-file", "-"])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env(
            "AWS_ENDPOINT_URL_LAMBDA",
            format!("http://{}", shim.address()),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"[\"piped\"]")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"[\"piped\"]");
}

#[test]
fn a_function_that_fails_is_an_exit_code_of_its_own() {
    let shim = serve("fails").start();
    let found = invoke(&shim).arg("--data", r#"{"how":"own"}"#).run();
    found
        .expect_code(1)
        .expect_stderr("error: the function failed: OutOfStock: 3 left\n");
    assert_eq!(
        found.json(),
        json!({"errorType": "OutOfStock", "errorMessage": "3 left"})
    );
    let found = invoke(&shim)
        .arg("--data", r#"{"how":"own"}"#)
        .arg("--output", "json")
        .run();
    let document = found.expect_code(1).json();
    assert_eq!(document["function_error"], "Unhandled");
    assert_eq!(document["payload"]["errorType"], "OutOfStock");
    assert_eq!(document["executed_version"], "$LATEST");
    assert_eq!(document["request_id"].as_str().unwrap().len(), 36);
}

#[test]
fn the_end_of_the_log_is_printed_beside_the_response() {
    let shim = serve("logs").start();
    let found = invoke(&shim)
        .arg("--data", r#"{"tag":"x"}"#)
        .word("--tail")
        .run();
    found
        .expect_code(0)
        .expect_stderr("START RequestId: ")
        .expect_stderr("with a target")
        .expect_stderr("REPORT RequestId: ");
    assert_eq!(found.stdout(), "null");
    let found = invoke(&shim).arg("--data", r#"{"tag":"x"}"#).word("--tail");
    let document = found.arg("--output", "json").run().json();
    assert!(
        document["log"].as_str().unwrap().contains("REPORT"),
        "{document}"
    );
}

#[test]
fn what_a_caller_says_arrives() {
    let toml = Toml::of(&[("dumps", "dump", "version = \"7\"\naliases = [\"PROD\"]")]);
    let shim = toml.serve().start();
    let found = invoke(&shim)
        .word("dumps")
        .arg("--qualifier", "PROD")
        .arg("--client-context", r#"{"custom":{"a":"b"}}"#)
        .arg("--tenant-id", "blue")
        .run();
    let seen = found.expect_code(0).json();
    let text = seen.to_string();
    assert!(text.contains("blue") && text.contains("custom"), "{seen:#}");
    assert!(text.contains(":function:dumps:PROD"), "{seen:#}");
    let found = invoke(&shim)
        .word("dumps:PROD")
        .arg("--output", "json")
        .run();
    assert_eq!(found.json()["executed_version"], "7");
}

#[test]
fn an_event_is_left_there_and_a_dry_run_runs_nothing() {
    let shim = serve("notes").start();
    let found = invoke(&shim)
        .arg("--data", "\"later\"")
        .arg("--type", "event")
        .run();
    found
        .expect_code(0)
        .expect_stderr("the event was accepted (request id ");
    shim.wait_for_log("its run", |log| log.says("noted"));
    let found = invoke(&shim).arg("--type", "dry-run").run();
    found
        .expect_code(0)
        .expect_stderr("the function can be invoked\n");
    let found = invoke(&shim)
        .arg("--type", "event")
        .arg("--output", "json")
        .run();
    assert_eq!(found.json()["status"], 202);
}

#[test]
fn a_stream_is_printed_while_it_comes() {
    let gate = Gate::new();
    let shim = serve("pieces").start();
    let running = begin_stream(&shim, &gate);
    gate.open();
    let ended = running.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert_eq!(ended.stdout, b"second");

    let found = invoke(&shim)
        .word("--stream")
        .word("--tail")
        .arg("--output", "json")
        .run();
    let document = found.expect_code(0).json();
    assert_eq!(document["chunks"], 2);
    // `first;second`
    assert_eq!(document["payload_base64"], "Zmlyc3Q7c2Vjb25k");
    assert!(document["log"].as_str().unwrap().contains("pieces begin"));

    let found = invoke(&shim)
        .arg("--data", r#"{"fail":true}"#)
        .word("--stream")
        .run();
    found
        .expect_code(1)
        .expect_stdout("first;")
        .expect_stderr("the tape broke");
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

#[test]
fn many_calls_are_measured() {
    let shim = serve("echo").start();
    let found = invoke(&shim)
        .arg("--repeat", "50")
        .arg("--concurrency", "4")
        .run();
    found
        .expect_code(0)
        .expect_stdout("50 calls, 4 at once, in ")
        .expect_stdout("errors  0\nmin ")
        .expect_stdout("\np99 ")
        .expect_stdout("#");
    let measured = invoke(&shim)
        .arg("--repeat", "5")
        .arg("--output", "json")
        .run()
        .json();
    assert_eq!(
        (&measured["calls"], &measured["concurrency"]),
        (&json!(5), &json!(1))
    );
    assert!(
        measured["latency_ms"]["p50"].as_f64().unwrap() > 0.0,
        "{measured}"
    );

    let shim = serve("fails").start();
    let found = invoke(&shim)
        .arg("--data", r#"{"how":"own"}"#)
        .arg("--repeat", "3")
        .run();
    found
        .expect_code(1)
        .expect_stdout("errors  3: OutOfStock 3\n");
    let found = invoke(&shim).word("absent").arg("--repeat", "3").run();
    found
        .expect_code(69)
        .expect_stdout("errors  3: ResourceNotFoundException 3\n")
        .expect_stderr("the first that came to nothing: ");
}

#[test]
fn a_plugin_needs_no_server() {
    let found = in_process("greet").arg("--data", r#"{"name":"you"}"#).run();
    assert_eq!(found.expect_code(0).stdout(), r#"{"text":"Hello, you!"}"#);
    assert_eq!(found.stderr(), "");
    let found = in_process("logs").arg("--data", r#"{"tag":"x"}"#).run();
    found.expect_code(0).expect_stderr("with a target");
    let quiet = in_process("logs")
        .arg("--data", r#"{"tag":"x"}"#)
        .arg("--log-level", "off")
        .run();
    assert_eq!(quiet.expect_code(0).stderr(), "");
    let found = in_process("pieces").word("--stream").run();
    assert_eq!(found.expect_code(0).stdout(), "first;second");
    let found = in_process("dump")
        .word("shop")
        .arg("--env", "COLOUR=red")
        .run();
    let seen = found.expect_code(0).stdout();
    assert!(
        seen.contains("red") && seen.contains(":function:shop"),
        "{seen}"
    );
    let found = in_process("echo")
        .arg("--repeat", "20")
        .arg("--concurrency", "5")
        .run();
    found.expect_code(0).expect_stdout("20 calls, 5 at once");
    let late = in_process("sleeps")
        .arg("--data", r#"{"ms":60000}"#)
        .arg("--timeout", "100ms")
        .run();
    late.expect_code(1)
        .expect_stderr("Task timed out after 0.10 seconds");
    // All of its lifecycle.
    let panicked = in_process("panics")
        .arg("--data", r#"{"how":"text"}"#)
        .run();
    panicked
        .expect_code(1)
        .expect_stderr("error: the function failed: Runtime.Panic: ");
}

#[test]
fn a_web_handler_answers_the_examples_of_gateways() {
    let plugin = plugin("example-plugin");
    for example in ["alb", "apigw-v1", "apigw-v2", "function-url"] {
        let command = shim().command().word("invoke").arg("--plugin", &plugin);
        let found = command
            .arg("--handler", "handler")
            .arg("--data-example", example)
            .run();
        let answer = found.expect_code(0).json();
        assert_eq!(answer["statusCode"], 200, "{example}: {answer}");
        assert!(
            answer["body"].as_str().unwrap().contains("coffee"),
            "{answer}"
        );
    }
}

#[test]
fn the_examples_are_listed() {
    let list = || shim().command().word("invoke").word("--list-examples");
    let found = list().run();
    found
        .expect_code(0)
        .expect_stdout("apigw-v2         API Gateway, HTTP API");
    let names = list().arg("--output", "json").run().json();
    assert_eq!(names.as_array().unwrap().len(), 14);
    let unknown = shim()
        .command()
        .word("invoke")
        .arg("--data-example", "s4")
        .run();
    unknown
        .expect_code(64)
        .expect_stderr("invalid value 's4' for '--data-example <NAME>'");
}

#[test]
fn what_cannot_be_called_is_told_with_a_hint() {
    let nobody = shim()
        .command()
        .word("invoke")
        .arg("--endpoint-url", "http://127.0.0.1:1");
    nobody
        .run()
        .expect_code(69)
        .expect_stderr("error: cannot connect to http://127.0.0.1:1: Connection refused")
        .expect_stderr("hint: nothing listens there: start it with `shim --plugin FILE.so`");
    let many = shim()
        .command()
        .word("invoke")
        .arg("--endpoint-url", "http://127.0.0.1:1");
    many.arg("--repeat", "9")
        .run()
        .expect_code(69)
        .expect_stderr("cannot connect");
    let wrong = shim()
        .command()
        .word("invoke")
        .arg("--endpoint-url", "localhost:8080");
    wrong.run().expect_code(64).expect_stderr(
        "expected a URL that begins with http:// or https://, found `localhost:8080`",
    );

    let shim = serve_as("f", "echo").start();
    invoke(&shim)
        .word("absent")
        .run()
        .expect_code(69)
        .expect_stderr("ResourceNotFoundException (404): Function not found: arn:")
        .expect_stderr("hint: functions are named by");
    invoke(&shim)
        .word("f")
        .arg("--data", "{")
        .run()
        .expect_code(65)
        .expect_stderr("InvalidRequestContentException (400)");
    let file = "/nowhere/event.json";
    let absent = invoke(&shim).word("f").arg("--data-file", file).run();
    absent
        .expect_code(65)
        .expect_stderr("cannot read the event from /nowhere/event.json: No such");
    let context = invoke(&shim).word("f").arg("--client-context", "[1]").run();
    context
        .expect_code(65)
        .expect_stderr("--client-context is no JSON object");
    let both = invoke(&shim)
        .arg("--data", "1")
        .arg("--data-example", "s3")
        .run();
    both.expect_code(64);
    in_process("echo")
        .arg("--type", "event")
        .run()
        .expect_code(64)
        .expect_stderr("needs a server");
    in_process("absent")
        .run()
        .expect_code(65)
        .expect_stderr("absent");

    // Somebody else's server.
    let shim = serve_as("f", "fails").arg("--invoke-api", "false").start();
    invoke(&shim)
        .word("f")
        .arg("--data", r#"{"how":"own"}"#)
        .run()
        .expect_code(69)
        .expect_stderr("but not as the Lambda Invoke API does");
}

#[test]
fn a_throttled_call_and_a_late_one_may_be_tried_again() {
    let gate = Gate::new();
    let shim = serve("pieces")
        .arg("--concurrency", "1")
        .arg("--queue", "0")
        .start();
    let holding = begin_stream(&shim, &gate);
    invoke(&shim)
        .run()
        .expect_code(75)
        .expect_stderr("TooManyRequestsException (429)")
        .expect_stderr("hint: try again in ");
    gate.open();
    assert!(holding.wait_with_output().unwrap().status.success());
    let gate = Gate::new();
    let late = invoke(&shim)
        .arg("--data", gate.event())
        .arg("--timeout", "50ms")
        .run();
    late.expect_code(75)
        .expect_stderr("error: no answer within 50ms");
}
