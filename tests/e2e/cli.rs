//! The command line: usage, help, exit codes.

use std::net::TcpListener;

use shim_testkit::{Finished, plugin};

use crate::{behaviours, serve, shim};

fn run(words: &[&str]) -> Finished {
    shim().command().words(words).run()
}

#[test]
fn what_is_not_understood_is_wrong_usage() {
    for words in [
        &["--what"][..],
        &["serve", "--what"],
        &["what"],
        &["--port"],
        &["inspect"],
        &["package"],
        &["package", "--plugin", "x.so", "--arch", "mips"],
        &["package", "--plugin", "x.so#"],
        &["verify", "--plugin", "x.so"],
        &[
            "verify", "--plugin", "x.so", "--events", ".", "--env", "NAME",
        ],
        &["generate"],
        &["generate", "completions", "what"],
        &["--log-format", "pictures", "--plugin", "x"],
        &["--placement", "elsewhere", "--plugin", "x"],
    ] {
        let finished = run(words);
        finished.expect_code(64).expect_stderr("error: ");
        assert!(finished.stdout().is_empty());
    }
}

#[test]
fn help_names_flags_variables_and_exit_codes() {
    for words in [&["--help"][..], &["serve", "--help"]] {
        let help = run(words);
        help.expect_code(0)
            .expect_stdout("--plugin")
            .expect_stdout("--max-body")
            .expect_stdout("SHIM_MAX_BODY");
    }
    let short = run(&["-h"]);
    short.expect_code(0).expect_stdout("Exit codes: 0");
    for command in ["serve", "inspect", "package", "image", "verify", "generate"] {
        short.expect_stdout(command);
    }
}

#[test]
fn the_version_is_told() {
    let version = run(&["--version"]);
    assert_eq!(
        version.expect_code(0).stdout(),
        format!("shim {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn serve_is_the_long_form() {
    let shim = shim()
        .command()
        .word("serve")
        .arg("--plugin", behaviours())
        .arg("--handler", "echo")
        .arg("-p", "0")
        .start();
    shim.post("/", "x").expect_status(200).expect_body("x");
}

#[test]
fn without_a_plugin_there_is_nothing_to_serve() {
    run(&[])
        .expect_code(64)
        .expect_stderr("no plugin given")
        .expect_stderr("hint: ");
    run(&["--info"])
        .expect_code(64)
        .expect_stderr("no plugin given");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    shim()
        .command()
        .arg("--plugin", behaviours())
        .handler("echo")
        .arg("--port", address.port().to_string())
        .run()
        .expect_code(69)
        .expect_stderr(&format!("cannot listen on {address}"))
        .expect_stderr("choose one with --port");
}

#[test]
fn an_address_of_another_machine_cannot_be_had() {
    serve("echo")
        .arg("--host", "192.0.2.1")
        .word("--allow-unauthenticated")
        .run()
        .expect_code(69)
        .expect_stderr("cannot listen on 192.0.2.1:0");
}

#[test]
fn a_handler_that_is_not_there_is_told_with_those_that_are() {
    serve("nobody")
        .run()
        .expect_code(65)
        .expect_stderr("has no handler named `nobody`")
        .expect_stderr("echo, ")
        .expect_stderr("greet")
        .expect_stderr("hint: name one of them");
}

#[test]
fn one_of_several_handlers_must_be_named() {
    shim()
        .serve(behaviours())
        .run()
        .expect_code(65)
        .expect_stderr("has several handlers and none was named")
        .expect_stderr("#");
}

#[test]
fn a_handler_may_stand_behind_the_path() {
    let mut plugin = behaviours().into_os_string();
    plugin.push("#echo");
    let shim = shim().serve(plugin).start();
    shim.post("/", "x").expect_status(200).expect_body("x");
}

#[test]
fn info_prints_the_plugins_json() {
    let info = shim()
        .command()
        .word("--info")
        .arg("--plugin", behaviours())
        .run();
    let info = info.expect_code(0).json();
    assert_eq!(info["name"], "fixture-behaviours");
    assert_eq!(
        info["doc"],
        "A plugin with a handler for each behaviour, good and bad"
    );
    assert_eq!(info["team"], "tests");
    assert_eq!(info["links"][0], "https://example.com/runbook");
    assert_eq!(info["tier"], 3);
    let handlers = info["handlers"].as_array().unwrap();
    let greet = handlers
        .iter()
        .find(|handler| handler["name"] == "greet")
        .unwrap();
    assert_eq!(
        (&greet["doc"], &greet["event"]),
        (&"Greets whoever asks.".into(), &"json".into())
    );
    let example = shim()
        .command()
        .word("serve")
        .word("--info")
        .arg("--plugin", plugin("example-plugin"))
        .run();
    assert_eq!(example.expect_code(0).json()["team"], "checkout");
}
