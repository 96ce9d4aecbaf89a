//! `GET /metrics` on the admin listener.

use std::collections::BTreeMap;

use shim_testkit::Shim;

use crate::{Gate, Toml};

/// All samples, by name and labels as they stand there.
fn samples(shim: &Shim) -> BTreeMap<String, f64> {
    let response = shim.get_admin("/metrics");
    response.expect_status(200);
    let kind = response.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain"), "{kind}");
    let text = response.text();
    assert!(text.ends_with('\n'));
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let value = value
                .parse()
                .unwrap_or_else(|_| panic!("no number: {line}"));
            (name.to_owned(), value)
        })
        .collect()
}

fn of(samples: &BTreeMap<String, f64>, name: &str, function: &str) -> f64 {
    let key = format!("{name}{{function=\"{function}\",version=\"$LATEST\"}}");
    let value = samples.get(&key);
    *value.unwrap_or_else(|| panic!("no {key} in {samples:#?}"))
}

#[test]
fn each_function_is_counted() {
    let gate = Gate::new();
    let toml = Toml::of(&[
        (
            "one",
            "instances",
            "concurrency = 1\nqueue = 0\nroutes = [\"POST /one\"]\nhttp_events = \"none\"\n",
        ),
        ("other", "instances", ""),
        ("mocked", "order", "mock = \"empty\"\n"),
    ]);
    let shim = toml.serve().arg("--admin", "127.0.0.1:0").start();
    let before = samples(&shim);
    for function in ["one", "other", "mocked"] {
        assert_eq!(of(&before, "lambda_invocations_total", function), 0.0);
    }
    shim.invoke("one").send().expect_success();
    shim.post("/one", "{}").expect_status(200);
    shim.invoke("one").body(r#"{"fail":true}"#).send();
    shim.invoke("one").body(r#"{"panic":true}"#).send();
    shim.invoke("other").kind("DryRun").send();
    shim.invoke("mocked").send().expect_success();
    let mut running = shim.invoke("one").body(gate.event()).begin();
    shim.wait_for_logs("it runs", 5, |log| log.says("running"));
    shim.invoke("one").send().expect_status(429);
    shim.invoke("one").send().expect_status(429);
    let now = samples(&shim);
    for (name, value) in [
        ("lambda_invocations_total", 5.0),
        ("lambda_errors_total", 2.0),
        ("lambda_throttles_total", 2.0),
        ("lambda_concurrent_executions", 1.0),
        ("lambda_duration_seconds_count", 4.0),
    ] {
        assert_eq!(of(&now, name, "one"), value, "{name}");
    }
    assert_eq!(of(&now, "lambda_invocations_total", "other"), 0.0);
    assert_eq!(of(&now, "lambda_invocations_total", "mocked"), 1.0);
    gate.open();
    running.response().expect_success();
    shim_testkit::eventually("nothing runs", || {
        (of(&samples(&shim), "lambda_concurrent_executions", "one") == 0.0).then_some(())
    });
    // The instance that panicked was replaced.
    assert_eq!(of(&samples(&shim), "lambda_cold_starts_total", "one"), 2.0);
    // They go on counting after a reload.
    shim.reload();
    shim.invoke("one").send().expect_success();
    assert_eq!(of(&samples(&shim), "lambda_invocations_total", "one"), 6.0);
}

#[test]
fn events_are_counted_by_function() {
    let folder = Toml::new("");
    let nowhere = folder.path("no/such/folder");
    let destination = format!("on_failure = \"file:{}\"\n", nowhere.display());
    let toml = Toml::of(&[
        (
            "one",
            "instances",
            &format!("event_retries = 0\n{destination}"),
        ),
        ("other", "instances", ""),
    ]);
    let shim = toml.serve().arg("--admin", "127.0.0.1:0").start();
    for (name, event) in [("one", "{}"), ("one", r#"{"fail":true}"#), ("other", "{}")] {
        let call = shim.invoke(name).kind("Event").body(event);
        call.send().expect_status(202);
    }
    shim.wait_for_message("event given up");
    let now = samples(&shim);
    assert_eq!(of(&now, "lambda_async_events_received_total", "one"), 2.0);
    assert_eq!(of(&now, "lambda_async_events_received_total", "other"), 1.0);
    assert_eq!(of(&now, "lambda_async_events_dropped_total", "other"), 0.0);
    let wait = |name: &str| {
        shim_testkit::eventually(name, || {
            (of(&samples(&shim), name, "one") == 1.0).then_some(())
        });
    };
    wait("lambda_async_events_dropped_total");
    // After four tries, some six seconds.
    wait("lambda_destination_delivery_failures_total");
}

#[test]
fn the_process_is_described() {
    let toml = Toml::of(&[("one", "echo", "")]);
    let shim = toml.serve().arg("--admin", "127.0.0.1:0").start();
    let samples = samples(&shim);
    for name in [
        "process_start_time_seconds",
        "process_resident_memory_bytes",
        "process_open_fds",
        "shim_async_events_queued",
    ] {
        assert!(samples.contains_key(name), "no {name} in {samples:#?}");
    }
}

/// The function knows nothing of it, its callers do.
#[test]
fn answers_that_cannot_be_given_are_errors() {
    let toml = Toml::of(&[
        ("sized", "sized", ""),
        ("mirror", "mirror", ""),
        ("returns", "returns", "routes = [\"POST /returns\"]\n"),
    ]);
    let shim = toml.serve().arg("--admin", "127.0.0.1:0").start();
    let long = shim.invoke("sized").body(r#"{"bytes":6291557}"#).send();
    long.expect_function_error("Function.ResponseSizeTooLarge");
    let other = shim.invoke("mirror").body("[1]").send();
    other.expect_function_error("Runtime.NotAnHttpEvent");
    let headers = "content-type: application/json\r\n";
    let body = br#"{"statusCode":999}"#;
    let bad = shim.request("POST", "/returns", headers, body);
    bad.expect_status(502);
    let now = samples(&shim);
    for function in ["sized", "mirror", "returns"] {
        for name in [
            "lambda_invocations_total",
            "lambda_errors_total",
            "lambda_duration_seconds_count",
        ] {
            assert_eq!(of(&now, name, function), 1.0, "{name} of {function}");
        }
    }
}
