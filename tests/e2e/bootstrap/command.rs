//! `shim bootstrap`, and `shim` without a command where Lambda runs it.

use std::path::Path;

use shim_testkit::Program;
use shim_testkit::runtime_api::Lambda;

use crate::behaviours;

/// A function without files, which `shim` runs.
fn shim(arguments: &[&str]) -> Lambda {
    let program = Program::at(Path::new(env!("CARGO_BIN_EXE_shim")));
    let lambda = Lambda::new(&program).env("AWS_LAMBDA_LOG_FORMAT", "JSON");
    lambda.words(arguments)
}

fn plugin() -> String {
    behaviours().to_str().unwrap().to_owned()
}

#[test]
fn it_does_what_the_program_of_that_name_does() {
    for arguments in [&["bootstrap"][..], &[]] {
        let lambda = shim(arguments).file("behaviours.so", &behaviours());
        let function = lambda.handler("behaviours.echo").start();
        function.invoke("[1]").expect_response("[1]");
    }
}

#[test]
fn a_plugin_on_the_command_line_comes_before_lambdas_variables() {
    for arguments in [&["bootstrap"][..], &[]] {
        let given = ["--plugin", &plugin(), "--handler", "echo"];
        let lambda = shim(&[arguments, &given].concat()).handler("no.such");
        lambda.start().invoke("[1]").expect_response("[1]");
    }
}

#[test]
fn so_does_one_in_shims_own_variables() {
    for arguments in [&["bootstrap"][..], &[]] {
        let lambda = shim(arguments).handler("no.such");
        let lambda = lambda.env("SHIM_PLUGIN", format!("{}#echo", plugin()));
        lambda.start().invoke("[1]").expect_response("[1]");
    }
}

#[test]
fn a_handler_in_shims_own_variables_is_that_of_the_plugin_that_is_there() {
    let lambda = shim(&["bootstrap"]).file("behaviours.so", &behaviours());
    let lambda = lambda
        .handler("behaviours.no_such")
        .env("SHIM_HANDLER", "echo");
    lambda.start().invoke("[1]").expect_response("[1]");
}

#[test]
fn a_function_is_of_one_plugin() {
    let given = ["--plugin", &plugin(), "--plugin", &plugin()];
    let (finished, received) = shim(&given).run();
    assert_eq!(finished.code(), 64, "{}", finished.stderr());
    assert!(
        finished.stderr().contains("give one --plugin"),
        "{}",
        finished.stderr()
    );
    assert!(received.is_empty());
}

#[test]
fn flags_of_a_server_are_named_as_without_effect() {
    let given = ["--plugin", &plugin(), "--handler", "echo"];
    let given = [&given[..], &["--timeout", "3s", "--env", "A=b"]].concat();
    let function = shim(&given).start();
    function.invoke("1").expect_response("1");
    let line = function
        .process()
        .wait_for_log("of the flags", |log| log.level() == "WARN");
    let message = line.message();
    assert!(message.ends_with(": --env, --timeout"), "{message}");
}
