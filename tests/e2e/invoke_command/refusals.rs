//! Calls that come to nothing: exit codes and hints.

use super::{begin_stream, in_process, invoke};
use crate::{Gate, serve, serve_as, shim};

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
