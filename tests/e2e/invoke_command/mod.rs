//! `shim invoke`, against a shim that serves.

mod in_process;
mod refusals;
mod secure;

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use shim_testkit::{Command, Shim, json};

use crate::{Gate, Toml, behaviours, serve, shim};

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
    found.expect_code(1).expect_stderr("the tape broke");
    assert_eq!(found.stdout(), "first;");
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
