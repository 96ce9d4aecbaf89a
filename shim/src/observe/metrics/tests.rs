//! What is counted is told, in a form that scrapers read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{ASYNC_EVENT_AGE, ASYNC_EVENTS_QUEUED, ASYNC_EVENTS_REFUSED, Format, Metrics};

mod grammar;

use grammar::{Samples, check};

fn render(metrics: &Metrics, format: Format) -> String {
    let mut out = String::new();
    metrics.render(format, &mut out);
    out
}

/// The samples in both forms, which are the same.
fn samples(metrics: &Metrics) -> Samples {
    let plain = check(&render(metrics, Format::Prometheus), Format::Prometheus);
    let open = check(&render(metrics, Format::OpenMetrics), Format::OpenMetrics);
    // Those of the process change meanwhile.
    let stable = |mut samples: Samples| {
        samples.retain(|series, _| !series.starts_with("process_"));
        samples
    };
    assert_eq!(stable(plain.clone()), stable(open));
    plain
}

#[test]
fn what_happens_is_counted_for_its_function_and_version() {
    let metrics = Metrics::new();
    let orders = metrics.function("orders", "$LATEST");
    let other = metrics.function("orders", "1");
    let first = orders.begin();
    let second = orders.begin().into_owned();
    orders.finished(Duration::from_micros(1500), true, false);
    orders.finished(Duration::from_secs(1), false, true);
    orders.finished(Duration::from_secs(901), false, false);
    orders.throttled();
    orders.async_received();
    orders.async_received();
    orders.async_dropped();
    orders.destination_failed();
    // Asked for again it goes on counting.
    metrics.function("orders", "$LATEST").throttled();

    let got = samples(&metrics);
    let value = |name: &str| got[&format!("{name}{{function=orders,version=$LATEST}}")];
    assert_eq!(value("lambda_invocations_total"), 2.0);
    assert_eq!(value("lambda_concurrent_executions"), 2.0);
    assert_eq!(value("lambda_errors_total"), 1.0);
    assert_eq!(value("lambda_cold_starts_total"), 1.0);
    assert_eq!(value("lambda_throttles_total"), 2.0);
    assert_eq!(value("lambda_async_events_received_total"), 2.0);
    assert_eq!(value("lambda_async_events_dropped_total"), 1.0);
    assert_eq!(value("lambda_destination_delivery_failures_total"), 1.0);
    assert_eq!(value("lambda_duration_seconds_count"), 3.0);
    assert_eq!(value("lambda_duration_seconds_sum"), 902.0015);
    let within = |end: &str| {
        let labels = format!("{{function=orders,version=$LATEST,le={end}}}");
        got[&format!("lambda_duration_seconds_bucket{labels}")]
    };
    let ends = ["0.001", "0.0025", "0.5", "1.0", "900.0", "+Inf"];
    assert_eq!(ends.map(within), [0.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
    assert_eq!(
        got["lambda_throttles_total{function=orders,version=1}"],
        0.0
    );
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(got[&format!("shim_build_info{{version={version}}}")], 1.0);

    drop((first, second));
    let got = samples(&metrics);
    let labels = "{function=orders,version=$LATEST}";
    assert_eq!(got[&format!("lambda_concurrent_executions{labels}")], 0.0);
    assert_eq!(got[&format!("lambda_invocations_total{labels}")], 2.0);
    drop(other);
}

#[test]
fn nothing_is_lost_when_many_threads_count() {
    const THREADS: u64 = 8;
    const EACH: u64 = 20_000;
    let metrics = Arc::new(Metrics::new());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let function = metrics.function("f", "1");
            scope.spawn(move || {
                for number in 0..EACH {
                    let running = function.begin();
                    let micros = Duration::from_micros(number % 3000);
                    function.finished(micros, number == 0, number % 10 == thread);
                    if number % 100 == 0 {
                        // Ends on another thread.
                        let running = running.into_owned();
                        thread::spawn(move || drop(running)).join().unwrap();
                    }
                }
                function.throttled();
            });
        }
        // Somebody asks meanwhile: the text is always well-formed.
        scope.spawn(|| {
            (0..50).for_each(|_| {
                drop(check(
                    &render(&metrics, Format::Prometheus),
                    Format::Prometheus,
                ))
            })
        });
    });
    let got = samples(&metrics);
    let value = |name: &str| got[&format!("{name}{{function=f,version=1}}")];
    assert_eq!(value("lambda_invocations_total"), (THREADS * EACH) as f64);
    assert_eq!(
        value("lambda_duration_seconds_count"),
        (THREADS * EACH) as f64
    );
    assert_eq!(value("lambda_errors_total"), (THREADS * EACH / 10) as f64);
    assert_eq!(value("lambda_cold_starts_total"), THREADS as f64);
    assert_eq!(value("lambda_throttles_total"), THREADS as f64);
    assert_eq!(value("lambda_concurrent_executions"), 0.0);
    let micros: u64 = (0..EACH).map(|number| number % 3000).sum();
    let sum = value("lambda_duration_seconds_sum");
    assert!((sum - (THREADS * micros) as f64 / 1e6).abs() < 1e-6);
}

#[test]
fn a_gauge_is_asked_each_time_and_the_last_one_given_is() {
    let metrics = Metrics::new();
    metrics.gauge_fn(ASYNC_EVENT_AGE, |_| panic!("replaced"));
    metrics.gauge_fn(ASYNC_EVENT_AGE, |gauge| {
        gauge.gauge(&[("function", "f"), ("version", "1")], 1.5);
        gauge.gauge(&[("function", "g"), ("version", "1")], f64::INFINITY);
    });
    let got = samples(&metrics);
    let name = ASYNC_EVENT_AGE.name;
    assert_eq!(got[&format!("{name}{{function=f,version=1}}")], 1.5);
    assert_eq!(
        got[&format!("{name}{{function=g,version=1}}")],
        f64::INFINITY
    );
}

#[test]
fn labels_may_hold_anything() {
    let metrics = Metrics::new();
    let evil = "a\"} 7\nlambda_errors_total{function=\"\\é\r\t,";
    metrics.function(evil, "\\").throttled();
    let got = samples(&metrics);
    let series = format!("lambda_throttles_total{{function={evil},version=\\}}");
    assert_eq!(got[&series], 1.0);
}

#[test]
fn the_page_of_metrics_lists_all_of_them_and_no_other() {
    let metrics = Metrics::new();
    for gauge in [ASYNC_EVENT_AGE, ASYNC_EVENTS_QUEUED, ASYNC_EVENTS_REFUSED] {
        metrics.gauge_fn(gauge, |_| ());
    }
    let text = render(&metrics, Format::Prometheus);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeMap<_, _> = types.filter_map(|line| line.split_once(' ')).collect();

    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeMap<_, _> = rows
        .filter_map(|row| {
            let (name, rest) = row.split_once("` | ")?;
            Some((name, rest.split_once(" |")?.0))
        })
        .collect();
    assert_eq!(listed, told);
    let unique: BTreeSet<_> = told.keys().collect();
    assert_eq!(unique.len(), 17);
}
