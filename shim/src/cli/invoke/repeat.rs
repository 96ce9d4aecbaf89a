//! The same call many times, and how long the answers took.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use super::client::{Client, Connection};
use super::failure::Failure;
use super::latency::{Bar, Latencies, bars_text, milliseconds};
use super::once;
use crate::cli::inspect;
use crate::exit::{self, CommandFailed};

/// The most calls of one run: their times are kept, 16 bytes each.
pub(super) const MAX_CALLS: u32 = 10_000_000;

/// The most connections.
pub(super) const MAX_CONCURRENCY: u32 = 10_000;

/// The most kinds of errors that are told apart.
const MAX_KINDS: usize = 20;

/// What came of some calls.
#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    /// How often functions failed, and calls, by name.
    errors: BTreeMap<String, u64>,
    /// How many calls came to nothing.
    failures: u64,
    /// The first of them.
    failed: Option<CommandFailed>,
    function_failed: bool,
}

impl Seen {
    fn error(&mut self, name: String, count: u64) {
        let known = self.errors.len() < MAX_KINDS || self.errors.contains_key(&name);
        let name = if known { name } else { "others".to_owned() };
        *self.errors.entry(name).or_default() += count;
    }

    fn merge(&mut self, other: Self) {
        self.times.extend(other.times);
        for (name, count) in other.errors {
            self.error(name, count);
        }
        self.failures += other.failures;
        self.failed = self.failed.take().or(other.failed);
        self.function_failed |= other.function_failed;
    }
}

/// Calls so often, and prints the report. Gives up when there is no connection to be had.
pub(super) async fn run(
    client: &Arc<Client>,
    calls: u32,
    concurrency: u32,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let next = Arc::new(AtomicU32::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..concurrency.min(calls) {
        callers.spawn(caller(client.clone(), next.clone(), calls));
    }
    let mut seen = Seen::default();
    while let Some(ended) = callers.join_next().await {
        // Dropped, the others end.
        seen.merge(ended??);
    }
    let code = match (&seen.failed, seen.function_failed) {
        (Some(failed), _) => failed.code,
        (None, true) => exit::FUNCTION_FAILED,
        (None, false) => 0,
    };
    let hint = seen.failed.take();
    let report = Report::new(seen, concurrency.min(calls), begun.elapsed());
    if json {
        inspect::print_json(&report)?;
    } else {
        inspect::print(&report.text())?;
    }
    if let Some(failed) = hint {
        eprintln!("the first that came to nothing: {failed}");
        if let Some(hint) = failed.hint {
            eprintln!("  hint: {hint}");
        }
    }
    Ok(ExitCode::from(code))
}

/// Takes calls until there are none left.
async fn caller(
    client: Arc<Client>,
    next: Arc<AtomicU32>,
    calls: u32,
) -> Result<Seen, CommandFailed> {
    let (mut seen, mut connection) = (Seen::default(), Connection::default());
    while next.fetch_add(1, Ordering::Relaxed) < calls {
        match client.answer(&mut connection).await {
            Ok(answer) => {
                seen.times.push(answer.elapsed);
                if let Some(error) = &answer.function_error {
                    let reason = once::reason(error, &answer.body);
                    let name = reason.split(": ").next().unwrap_or_default();
                    seen.error(name.to_owned(), 1);
                    seen.function_failed = true;
                }
            }
            Err(failure @ Failure::Connect { .. }) => return Err(failure.into()),
            Err(failure) => {
                seen.failures += 1;
                seen.error(failure.name().to_owned(), 1);
                seen.failed = seen.failed.or(Some(failure.into()));
            }
        }
    }
    Ok(seen)
}

/// What was measured, for people and for programs.
#[derive(Serialize)]
struct Report {
    calls: u64,
    concurrency: u32,
    seconds: f64,
    per_second: f64,
    errors: BTreeMap<String, u64>,
    /// Of all answers, also of functions that failed; nothing without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<Figures>,
    histogram: Vec<Bar>,
}

#[derive(Serialize)]
struct Figures {
    min: f64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl Report {
    fn new(seen: Seen, concurrency: u32, took: Duration) -> Self {
        let latencies = Latencies::new(seen.times);
        let calls = latencies.count() + seen.failures;
        let seconds = took.as_secs_f64();
        Self {
            calls,
            concurrency,
            seconds,
            per_second: calls as f64 / seconds.max(f64::MIN_POSITIVE),
            errors: seen.errors,
            latency_ms: latencies.percentile(0.0).map(|min| {
                let of = |percent| latencies.percentile(percent).map_or(0.0, milliseconds);
                Figures {
                    min: milliseconds(min),
                    mean: milliseconds(latencies.mean()),
                    p50: of(50.0),
                    p90: of(90.0),
                    p99: of(99.0),
                    max: of(100.0),
                }
            }),
            histogram: latencies.bars(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{} calls, {} at once, in {:.3} s: {:.0} a second\n",
            self.calls, self.concurrency, self.seconds, self.per_second
        );
        let errors: u64 = self.errors.values().sum();
        let _ = write!(text, "errors  {errors}");
        for (number, (name, count)) in self.errors.iter().enumerate() {
            let _ = write!(
                text,
                "{} {name} {count}",
                if number == 0 { ":" } else { "," }
            );
        }
        text.push('\n');
        if let Some(figures) = &self.latency_ms {
            for (name, value) in [
                ("min", figures.min),
                ("p50", figures.p50),
                ("p90", figures.p90),
                ("p99", figures.p99),
                ("max", figures.max),
            ] {
                let _ = writeln!(text, "{name} {value:>11.3} ms");
            }
            text.push('\n');
            text.push_str(&bars_text(&self.histogram));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_counts_answers_and_failures() {
        let mut seen = Seen {
            times: [1, 2, 3, 4].map(Duration::from_millis).to_vec(),
            failures: 2,
            ..Seen::default()
        };
        seen.error("OutOfStock".to_owned(), 1);
        seen.error("TooManyRequestsException".to_owned(), 2);
        let report = Report::new(seen, 3, Duration::from_millis(500));
        let text = report.text();
        let begin = "6 calls, 3 at once, in 0.500 s: 12 a second\n\
                     errors  3: OutOfStock 1, TooManyRequestsException 2\n\
                     min       1.000 ms\n\
                     p50       2.000 ms\n";
        assert!(text.starts_with(begin), "{text}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["calls"], 6);
        assert_eq!(json["latency_ms"]["max"], 4.0);
        assert_eq!(json["errors"]["OutOfStock"], 1);
    }

    #[test]
    fn without_an_answer_there_are_no_figures() {
        let report = Report::new(Seen::default(), 1, Duration::from_millis(1));
        assert!(report.text().ends_with("errors  0\n"), "{}", report.text());
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json.get("latency_ms"), None);
    }

    #[test]
    fn only_so_many_kinds_of_errors_are_told_apart() {
        let mut seen = Seen::default();
        for number in 0..100 {
            seen.error(format!("{number:03}"), 1);
        }
        assert_eq!(seen.errors.len(), MAX_KINDS + 1);
        assert_eq!(seen.errors["others"], 100 - MAX_KINDS as u64);
    }
}
