//! Mock mode: answers without running the handler.

use shim_testkit::json;

use crate::{Toml, serve};

#[test]
fn the_empty_value_is_answered_by_default() {
    let shim = serve("order").word("--mock").start();
    let empty = json!({"number": 0, "state": "open", "lines": [], "note": null, "parcels": {}});
    let response = shim.invoke("order").body(r#"{"number":7}"#).send();
    response.expect_success().expect_json(&empty);
    shim.post("/", r#"{"number":7}"#)
        .expect_status(200)
        .expect_header("content-type", "application/json")
        .expect_json(&empty);
    let frames = shim.invoke_stream("order").send().frames();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&frames[0].payload).unwrap(),
        empty
    );
}

#[test]
fn nothing_of_the_handler_runs() {
    // Its init fails, and would keep the shim from serving.
    let shim = serve("init_fails").arg("--mock", "empty").start();
    let response = shim.invoke("init_fails").send();
    response.expect_success().expect_body("\"\"");
    assert!(
        !shim
            .logs()
            .iter()
            .any(|log| log.text("target").starts_with("fixture"))
    );
}

#[test]
fn a_file_is_answered_as_it_is() {
    let folder = Toml::new("");
    std::fs::write(folder.path("order.json"), "{\"any\": \"thing\"}\n").unwrap();
    let file = format!("file:{}", folder.path("order.json").display());
    let shim = serve("order").arg("--mock", &file).start();
    for _ in 0..2 {
        let response = shim.invoke("order").body(r#"{"number":7}"#).send();
        response
            .expect_success()
            .expect_json(&json!({ "any": "thing" }));
    }
    let absent = format!("file:{}", folder.path("absent.json").display());
    let refused = serve("order").arg("--mock", absent).run();
    refused.expect_code(78).expect_stderr("absent.json");
    serve("order")
        .arg("--mock", "zero")
        .run()
        .expect_code(64)
        .expect_stderr("expected empty, random, random:SEED or file:PATH, found `zero`");
}

#[test]
fn random_answers_fit_and_a_seed_repeats_them() {
    let answers = |mock: &str| -> Vec<String> {
        let shim = serve("order").arg("--mock", mock).start();
        let answer = || shim.invoke("order").send().expect_success().text();
        (0..10).map(|_| answer()).collect()
    };
    let first = answers("random:7");
    assert_eq!(first, answers("random:7"));
    assert_ne!(first, answers("random:8"));
    let mut different = answers("random");
    different.sort_unstable();
    different.dedup();
    assert!(different.len() > 1, "{different:?}");
    for text in first {
        let order: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(order["number"].is_u64(), "{order}");
        assert!(order["lines"].as_array().unwrap().len() <= 3, "{order}");
    }
}

#[test]
fn one_function_may_be_mocked_beside_others() {
    let toml = Toml::of(&[
        ("real", "order", ""),
        ("mocked", "order", "mock = \"empty\"\n"),
    ]);
    let shim = toml.serve().start();
    let number = |name: &str| {
        let response = shim.invoke(name).body(r#"{"number":7}"#).send();
        response.expect_success().json()["number"].clone()
    };
    assert_eq!((number("real"), number("mocked")), (json!(7), json!(0)));
}

#[test]
fn errors_that_the_handler_declares_can_be_asked_for() {
    let shim = serve("order").word("--mock").start();
    let error = |name: &str| {
        let call = shim.invoke("order").kind("Error");
        call.header("x-error-type", name).send()
    };
    for name in ["NotFound", "Orders.Closed"] {
        let response = error(name);
        response.expect_function_error(name);
        assert_eq!(response.error_message(), "mocked");
    }
    let call = shim.invoke("order").kind("Error").tail();
    let tail = call.header("x-error-type", "NotFound").send().log_tail();
    assert!(tail.contains("ERROR NotFound: mocked"), "{tail}");
    error("Lost").expect_api_error(
        404,
        "ResourceNotFoundException",
        "the handler of order declares no error Lost; it declares: NotFound, Orders.Closed",
    );
    let unnamed = shim.invoke("order").kind("Error").send();
    unnamed.expect_api_error(400, "InvalidParameterValueException", "X-Error-Type");
}

#[test]
fn outside_of_mock_mode_there_is_no_such_type() {
    let shim = serve("order").start();
    let call = shim.invoke("order").kind("Error");
    call.header("x-error-type", "NotFound")
        .send()
        .expect_api_error(400, "ValidationException", "'Error' at 'invocationType'");
}
