//! Where it runs: variables, folders, addresses.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use shim_testkit::runtime_api::{Endpoint, Event, Lambda};
use shim_testkit::{TempDir, json};

use super::{handler, program};
use crate::behaviours;

#[test]
fn init_and_run_see_the_same_environment() {
    let lambda = handler("environment")
        .env("COLOUR", "blue")
        .env("EMPTY", "");
    let root = json!(lambda.root());
    let function = lambda.start();
    let first = function.invoke("{}").json();
    // Nothing of an invocation gets into the environment, which others read at the same time.
    let traced = Event::new("{}").header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e8");
    let second = function.invoke(traced).json();
    assert_eq!(first, second);
    assert_eq!(first["init"], first["run"]);
    let seen = &first["run"];
    assert_eq!(seen["directory"], root);
    for part in ["process", "settings"] {
        let seen = &seen[part];
        assert_eq!(seen["COLOUR"], "blue", "{part}: {seen:#}");
        assert_eq!(seen["EMPTY"], "", "{part}: {seen:#}");
    }
    let process = &seen["process"];
    assert_eq!(process["_HANDLER"], "behaviours.environment");
    assert_eq!(process["LAMBDA_TASK_ROOT"], root);
    assert_eq!(process["AWS_LAMBDA_FUNCTION_NAME"], "tested");
    assert_eq!(process["AWS_REGION"], "eu-west-1");
}

#[test]
fn a_path_may_have_spaces_and_more() {
    let lambda = Lambda::in_folder(&program(), "a folder, with 'quotes' & ünïcode");
    let function = lambda
        .file("behaviours.so", &behaviours())
        .handler("behaviours.echo")
        .start();
    function.invoke("1").expect_response("1");
}

#[test]
fn the_bootstrap_itself_may_lie_in_the_folder() {
    let lambda = Lambda::in_folder(&program(), "task root");
    let at = lambda.root().join("bootstrap");
    fs::copy(env!("CARGO_BIN_EXE_bootstrap"), &at).unwrap();
    let own = shim_testkit::Program::at(&at);
    let function = Lambda::new(&own)
        .file("libbehaviours.so", &behaviours())
        .env("LAMBDA_TASK_ROOT", lambda.root())
        .handler("behaviours.echo");
    fs::copy(behaviours(), lambda.root().join("behaviours.so")).unwrap();
    function.start().invoke("1").expect_response("1");
}

#[test]
fn without_a_task_root_it_is_the_current_directory() {
    let function = handler("echo").without("LAMBDA_TASK_ROOT").start();
    function.invoke("1").expect_response("1");
}

#[test]
fn the_current_directory_may_be_another_one_that_nobody_can_write() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let function = handler("echo").directory(folder.path()).start();
    function.invoke("1").expect_response("1");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn little_of_the_environment_is_needed() {
    let mut lambda = handler("dump");
    for name in [
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_FORMAT",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "LAMBDA_RUNTIME_DIR",
        "LANG",
        "TZ",
        "PATH",
    ] {
        lambda = lambda.without(name);
    }
    let known = lambda.start().invoke("{}").json();
    assert_eq!(known["function_name"], "tested");
}

#[test]
fn the_address_of_the_runtime_api_may_have_a_prefix() {
    let lambda = handler("echo");
    let address = lambda.api().address();
    let function = lambda
        .env("AWS_LAMBDA_RUNTIME_API", format!("{address}/emulated/7"))
        .start();
    let outcome = function.invoke("1");
    outcome.expect_response("1");
    for request in function.received() {
        let path = request.path();
        assert!(
            path.starts_with("/emulated/7/2018-06-01/runtime/"),
            "{path}"
        );
    }
}

#[test]
fn a_name_in_the_address_is_looked_up() {
    let lambda = handler("echo");
    let port = lambda.api().address().port();
    let function = lambda
        .env("AWS_LAMBDA_RUNTIME_API", format!("localhost:{port}"))
        .start();
    function.invoke("1").expect_response("1");
}

#[test]
fn without_a_runtime_api_it_says_what_it_is_for() {
    for lambda in [
        handler("echo").without("AWS_LAMBDA_RUNTIME_API"),
        handler("echo").env("AWS_LAMBDA_RUNTIME_API", ""),
        handler("echo").env("AWS_LAMBDA_RUNTIME_API", "not an address"),
    ] {
        let (finished, requests) = lambda.run();
        assert_ne!(finished.code(), 0, "{}", finished.stderr());
        finished.expect_stderr("AWS_LAMBDA_RUNTIME_API");
        assert!(
            !finished.stderr().contains("panicked"),
            "{}",
            finished.stderr()
        );
        assert!(requests.is_empty());
    }
}

#[test]
fn a_runtime_api_that_is_not_there_ends_it() {
    let lambda = handler("echo");
    // Nobody listens at port 1.
    let (finished, _) = lambda.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1").run();
    finished.expect_code(69).expect_stderr("127.0.0.1:1");
}

#[test]
fn it_tells_nobody_what_the_function_is_given() {
    let lambda = handler("echo").env("AWS_SECRET_ACCESS_KEY", "a-secret-of-lambda");
    let function = lambda.env("AWS_LAMBDA_LOG_LEVEL", "TRACE").start();
    function.invoke("1").expect_response("1");
    assert!(!function.process().stderr().contains("a-secret-of-lambda"));
    assert_eq!(function.count(Endpoint::Unknown), 0);
}
