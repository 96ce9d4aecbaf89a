//! A panic fails its invocation and nothing else.

use shim_testkit::{Response, Shim, json};

use crate::{post_all, serve};

fn panic(shim: &Shim, how: &str) -> Response {
    shim.post("/", json!({ "how": how }).to_string())
}

#[test]
fn a_panic_is_an_error_with_message_and_stack_trace() {
    for handler in ["panics", "panics_plain"] {
        let shim = serve(handler).start();
        let response = panic(&shim, "text");
        response.expect_error(500, "Runtime.Panic");
        let document = response.json();
        assert_eq!(document["errorMessage"], "boom");
        let trace = document["stackTrace"].as_array().unwrap();
        let frame = |name: &str| {
            let found = trace
                .iter()
                .position(|frame| frame.as_str().unwrap().contains(name));
            found.unwrap_or_else(|| panic!("no frame of {name} in {trace:#?}"))
        };
        // Innermost first, the author's frames only.
        assert_eq!(frame("the_guilty_function"), 0);
        assert!(
            frame("the_guilty_function") < frame(&format!("fixture_behaviours::panics::{handler}"))
        );
        let printed = response.text();
        for machinery in ["core::panicking", "plugin_api_abi", "tokio::runtime"] {
            assert!(!printed.contains(machinery), "{machinery} in {trace:#?}");
        }
        panic(&shim, "no")
            .expect_status(200)
            .expect_json(&json!("no panic"));
    }
}

#[test]
fn a_panic_is_logged_with_its_place_and_its_invocation() {
    let shim = serve("panics").start();
    let response = panic(&shim, "text");
    let id = response.header("x-request-id").unwrap();
    let line = shim.wait_for_log("the invocation's", |log| {
        log.is_invocation() && log.request_id() == id
    });
    assert_eq!(line.level(), "ERROR");
    assert_eq!(line.message(), "Runtime.Panic: boom");
    assert!(line.text("location").contains("panics.rs:"), "{line:?}");
    assert!(
        line.text("stack_trace").contains("the_guilty_function"),
        "{line:?}"
    );
    let hook = shim.wait_for_log("the panic's own", |log| {
        log.message().starts_with("panicked at")
    });
    assert_eq!(hook.request_id(), id);
    assert!(
        hook.message().contains("panics.rs:") && hook.message().ends_with(": boom"),
        "{hook:?}"
    );
}

#[test]
fn every_payload_has_a_message() {
    let shim = serve("panics").start();
    for (how, message) in [
        ("formatted", "boom number 9"),
        ("value", "panicked with a value that is no text"),
        (
            "index",
            "index out of bounds: the len is 3 but the index is 5",
        ),
        ("after-await", "boom after an await"),
    ] {
        let response = panic(&shim, how);
        response.expect_error(500, "Runtime.Panic");
        assert_eq!(response.error_message(), message);
    }
}

#[test]
fn a_panic_in_a_task_is_the_tasks_own() {
    let shim = serve("panics").start();
    panic(&shim, "in-task")
        .expect_status(200)
        .expect_json(&json!("the task panicked"));
    shim.wait_for_log("the task's panic", |log| {
        log.message().ends_with(": boom in a task")
    });
}

#[test]
fn a_destructor_that_panics_on_cancellation_does_no_harm() {
    let shim = serve("panics").arg("--timeout", "300ms").start();
    for _ in 0..3 {
        panic(&shim, "in-drop").expect_error(504, "Sandbox.Timedout");
    }
    shim.wait_for_logs("the destructors' panics", 3, |log| {
        log.message().ends_with(": a destructor panicked")
    });
    panic(&shim, "no").expect_status(200);
    shim.stop();
}

#[test]
fn panics_do_not_disturb_others() {
    for handler in ["panics", "panics_plain"] {
        let shim = serve(handler).start();
        let bodies: Vec<_> = (0..60)
            .map(|number| json!({ "how": if number % 2 == 0 { "text" } else { "no" } }).to_string())
            .collect();
        for _ in 0..3 {
            for (number, response) in post_all(&shim, "/", &bodies).iter().enumerate() {
                response.expect_status(if number % 2 == 0 { 500 } else { 200 });
            }
        }
        shim.stop();
    }
}

#[test]
fn after_a_panic_a_fresh_instance_serves_and_the_old_is_not_stopped() {
    let shim = serve("instances").start();
    assert_eq!(shim.post("/", "{}").json()["instance"], 1);
    shim.post("/", r#"{"panic":true}"#)
        .expect_error(500, "Runtime.Panic");
    let next = shim.post("/", "{}").expect_status(200).json();
    assert_eq!((&next["instance"], &next["runs"]), (&json!(2), &json!(1)));
    // Dropped, which is all that may happen to it.
    shim.wait_for_log("the drop of the first", |log| {
        log.says("instance dropped") && log["instance"] == 1
    });
    shim.stop();
    let stopped: Vec<_> = shim
        .logs()
        .into_iter()
        .filter(|log| log.says("instance stopped"))
        .collect();
    assert_eq!(stopped.len(), 1, "{stopped:?}");
    assert_eq!(stopped[0]["instance"], 2);
}
