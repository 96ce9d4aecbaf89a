//! What callers see of a handler's error.

use shim_testkit::json;

use crate::serve;

#[test]
fn the_author_controls_name_and_message() {
    let shim = serve("fails").start();
    for (how, name, message) in [
        ("named", "PaymentRequired", "the card was \"declined\"\n"),
        ("own", "OutOfStock", "3 left"),
        ("std", "ParseIntError", "invalid digit found in string"),
        (
            "source",
            "Broken",
            "the counter is broken: invalid digit found in string",
        ),
        (
            "anyhow",
            "Error",
            "cannot read the order: line 7: invalid digit found in string",
        ),
        ("text", "Error", "just a text"),
    ] {
        let expected = json!({ "errorType": name, "errorMessage": message });
        shim.post("/", json!({ "how": how }).to_string())
            .expect_error(500, name)
            .expect_json(&expected);
    }
    shim.post("/", r#"{"how":"not"}"#).expect_status(200);
}

#[test]
fn an_error_is_logged_with_its_invocation() {
    let shim = serve("fails").start();
    let response = shim.post("/", r#"{"how":"own"}"#);
    let line = shim.wait_for_log("the failed invocation", |log| {
        log.is_invocation() && log.request_id() == response.header("x-request-id").unwrap()
    });
    assert_eq!(line.level(), "ERROR");
    assert_eq!(line["status"], 500);
    assert_eq!(line["error_type"], "OutOfStock");
    assert_eq!(line.message(), "OutOfStock: 3 left");
    assert!(line["stack_trace"].is_null());
}

#[test]
fn an_instance_outlives_the_errors_of_its_runs() {
    let shim = serve("instances").start();
    for _ in 0..3 {
        shim.post("/", r#"{"fail":true}"#).expect_error(500, "Told");
    }
    let report = shim.post("/", "{}").expect_status(200).json();
    assert_eq!(
        (&report["instance"], &report["runs"]),
        (&json!(1), &json!(4))
    );
}
