//! What a handler knows of its invocation.

use std::time::{Duration, SystemTime};

use shim_testkit::json;

use crate::{behaviours, serve, shim};

#[test]
fn without_any_settings_there_is_little_to_know() {
    let shim = serve("dump").start();
    let response = shim.get("/");
    let known = response.expect_status(200).json();
    assert_eq!(
        Some(known["request_id"].as_str().unwrap()),
        response.header("x-request-id")
    );
    assert_eq!(known["function_name"], "dump");
    assert_eq!(known["function_version"], "$LATEST");
    for unknown in [
        "function_arn",
        "memory_limit_mb",
        "deadline",
        "remaining_ms",
        "trace_id",
        "_X_AMZN_TRACE_ID",
        "gateway_event",
        "client_context",
        "tenant_id",
        "COLOUR",
    ] {
        assert_eq!(known[unknown], json!(null), "{unknown} in {known}");
    }
    assert_eq!(known["vars"], json!({}));
    assert_eq!(known["cancelled"], false);
}

#[test]
fn the_callers_ids_are_passed_on() {
    let shim = serve("dump").start();
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let headers = format!("x-request-id: order-66\r\nx-amzn-trace-id: {trace}\r\n");
    let response = shim.request("GET", "/", &headers, b"");
    response.expect_header("x-request-id", "order-66");
    let known = response.json();
    assert_eq!(known["request_id"], "order-66");
    assert_eq!(known["trace_id"], trace);
    assert_eq!(known["_X_AMZN_TRACE_ID"], trace);
    shim.wait_for_log("its line", |log| {
        log.is_invocation() && log.request_id() == "order-66"
    });
}

#[test]
fn an_id_that_cannot_stand_in_a_log_is_replaced() {
    let shim = serve("dump").start();
    for odd in ["a b", &"x".repeat(64), "\u{7}"] {
        let headers = format!("x-request-id: {odd}\r\n");
        let response = shim.request("GET", "/", &headers, b"");
        let id = response.header("x-request-id").map(str::to_owned);
        if response.status() == 200 {
            assert_eq!(id.as_deref().map(str::len), Some(36), "{response:?}");
            assert_eq!(response.json()["request_id"].as_str(), id.as_deref());
        } else {
            // A control character cannot even stand in a request.
            response.expect_status(400);
        }
    }
}

#[test]
fn the_deadline_is_known() {
    let shim = serve("dump").arg("--timeout", "100s").start();
    let before = SystemTime::now();
    let known = shim.get("/").expect_status(200).json();
    let left = known["remaining_ms"].as_u64().unwrap();
    assert!((60_000..=100_000).contains(&left), "{left}");
    let deadline =
        SystemTime::UNIX_EPOCH + Duration::from_millis(known["deadline"].as_u64().unwrap());
    let from_now = deadline.duration_since(before).unwrap();
    assert!((60..=140).contains(&from_now.as_secs()), "{from_now:?}");
}

#[test]
fn settings_are_known_by_name() {
    let shim = serve("dump")
        .var("COLOUR", "red")
        .var("EMPTY", "")
        .var("SUM", "1+1=2, really")
        .var("COLOUR", "blue")
        .env("COLOUR", "not this one")
        .start();
    let known = shim.get("/").expect_status(200).json();
    // The last one wins, and the process's environment is another thing.
    assert_eq!(known["COLOUR"], "blue");
    let vars = json!({ "COLOUR": "blue", "EMPTY": "", "SUM": "1+1=2, really" });
    assert_eq!(known["vars"], vars);
}

#[test]
fn the_function_has_the_name_it_is_served_under() {
    let mut named = std::ffi::OsString::from("shop-1=");
    named.push(behaviours());
    named.push("#dump");
    let shim = shim().serve(named).start();
    let response = shim.get("/");
    assert_eq!(
        response.expect_status(200).json()["function_name"],
        "shop-1"
    );
    let line = shim.wait_for_log("its line", |log| log.is_invocation());
    assert_eq!(line["function"], "shop-1");
}
