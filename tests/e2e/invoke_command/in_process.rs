//! Plugins without a server, and sample events.

use shim_testkit::{Signal, eventually, plugin};

use super::in_process;
use crate::{Gate, shim};

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
fn a_signal_stops_what_runs_in_the_process() {
    let gate = Gate::new();
    let command = in_process("pieces").arg("--data", gate.event());
    let running = command.word("--stream").spawn();
    eventually("it does not begin", || {
        running.stderr().contains("pieces begin").then_some(())
    });
    running.signal(Signal::TERM);
    assert_eq!(running.wait_exit(), 70);
    let said = running.stderr();
    assert!(said.contains("error: stopped by a signal"), "{said}");
    assert!(said.contains("pieces dropped"), "{said}");
}
