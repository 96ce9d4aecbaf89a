//! Tails under many invocations at once, and the platform's lines.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use tracing::Level;

use super::{Report, ReportStatus, Tail, end_line, error_line, report_line, start_line, xray_line};
use crate::invocation::{ErrorKind, FunctionError, RequestId};
use crate::observe::replay::{FieldValue, PluginRecord, emit};

/// As a plugin logs it.
fn log(id: &str, message: &str, number: u64) {
    emit(&PluginRecord {
        level: Level::INFO,
        target: "plugin",
        message,
        file: None,
        line: None,
        request_id: Some(id),
        spans: None,
        fields: &[("number", FieldValue::U64(number))],
    });
}

fn text(tail: Tail) -> String {
    String::from_utf8(tail.finish()).unwrap()
}

/// The lines without their times.
fn untimed(text: &str) -> Vec<&str> {
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines()
        .map(|line| match line.split_once("Z ") {
            Some((time, rest)) if time.len() == "2026-11-20T12:00:00.000".len() => rest,
            _ => line,
        })
        .collect()
}

#[test]
fn a_tail_has_its_records_and_what_is_pushed_in_order() {
    let id = RequestId::random();
    log(&id, "too early", 0);
    let tail = Tail::begin(&id);
    tail.push_line(&start_line(&id, "$LATEST"));
    log(&id, "one", 1);
    thread::scope(|scope| {
        scope.spawn(|| log(&id, "from another thread", 2));
    });
    log(&RequestId::random(), "another's", 3);
    log("no id of the host's: it has spaces", "nobody's", 4);
    tail.push_line("forged\n2026 ERROR");
    tail.push_line(&end_line(&id));
    let text = text(tail);
    log(&id, "too late", 5);
    assert_eq!(
        untimed(&text),
        [
            &*format!("START RequestId: {id} Version: $LATEST"),
            "INFO plugin: one number=1",
            "INFO plugin: from another thread number=2",
            "forged\\n2026 ERROR",
            &*format!("END RequestId: {id}"),
        ]
    );
}

#[test]
fn a_tail_that_is_dropped_makes_place_for_another() {
    let id = RequestId::random();
    drop(Tail::begin(&id));
    let first = Tail::begin(&id);
    // Another one for the same id neither hears nor disturbs.
    let second = Tail::begin(&id);
    second.push_line("mine");
    assert_eq!(text(second), "mine\n");
    log(&id, "heard", 1);
    assert_eq!(untimed(&text(first)), ["INFO plugin: heard number=1"]);
}

#[test]
fn only_the_last_four_kibibytes_are_given() {
    let id = RequestId::random();
    let tail = Tail::begin(&id);
    (0..1000).for_each(|number| log(&id, "häufig", number));
    tail.push_line("END");
    let bytes = tail.finish();
    assert!((Tail::LIMIT - 3..=Tail::LIMIT).contains(&bytes.len()));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with(" number=999\nEND\n"));
}

#[test]
fn of_two_thousand_tails_at_once_each_has_its_own_lines_only() {
    const TAILS: usize = 2000;
    const THREADS: usize = 16;
    // As many as fit.
    const LINES: u64 = 2;
    let ids: Vec<_> = (0..TAILS).map(|_| RequestId::random()).collect();
    let strangers: Vec<_> = (0..TAILS).map(|_| RequestId::random()).collect();
    let tails: HashMap<_, _> = ids.iter().map(|id| (*id, Tail::begin(id))).collect();
    let (ids, strangers) = (&ids, &strangers);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in 0..LINES {
                    for at in 0..TAILS {
                        // Each thread in an order of its own.
                        let at = (at * 7 + thread * 131) % TAILS;
                        log(&ids[at], &format!("{thread} {}", ids[at]), number);
                        log(&strangers[at], "a stranger's", number);
                    }
                }
            });
            // Others come and go meanwhile.
            scope.spawn(move || {
                for at in (thread..TAILS).step_by(THREADS) {
                    let id = RequestId::random();
                    let tail = Tail::begin(&id);
                    log(&id, "short", at as u64);
                    assert_eq!(text(tail).lines().count(), 1);
                }
            });
        }
    });
    for (id, tail) in tails {
        let text = text(tail);
        let lines = untimed(&text);
        let mut next = [0; THREADS];
        for line in lines {
            let parts: Vec<_> = line.split(' ').collect();
            let ["INFO", "plugin:", thread, whose, number] = parts[..] else {
                panic!("{line}");
            };
            assert_eq!(whose, &*id);
            let next: &mut u64 = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(number, format!("number={next}"));
            *next += 1;
        }
        assert_eq!(next, [LINES; THREADS]);
    }
}

const REPORT: Report<'static> = Report {
    request_id: "r1",
    duration: Duration::from_micros(1230),
    memory_mb: Some(128),
    max_memory_used_mb: Some(35),
    init_duration: None,
    status: ReportStatus::Success,
};

#[test]
fn a_report_is_told_as_lambda_does() {
    assert_eq!(
        report_line(&Report {
            init_duration: Some(Duration::from_micros(98_760)),
            ..REPORT
        }),
        "REPORT RequestId: r1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t\
         Max Memory Used: 35 MB\tInit Duration: 98.76 ms\t"
    );
    assert_eq!(
        report_line(&Report {
            duration: Duration::from_secs(3),
            status: ReportStatus::Timeout,
            ..REPORT
        }),
        "REPORT RequestId: r1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 35 MB\tStatus: timeout"
    );
    let error = FunctionError::new(ErrorKind::Panic, "Runtime.Panic\tx", "boom");
    assert_eq!(
        report_line(&Report {
            duration: Duration::ZERO,
            memory_mb: None,
            max_memory_used_mb: None,
            status: ReportStatus::of(Some(&error)),
            ..REPORT
        }),
        "REPORT RequestId: r1\tDuration: 0.00 ms\tBilled Duration: 1 ms\t\
         Status: error\tError Type: Runtime.Panic x"
    );
}

#[test]
fn what_a_handler_answers_with_is_no_error_of_the_platform() {
    let status = |kind| {
        let error = FunctionError::new(kind, "Name", "message");
        matches!(ReportStatus::of(Some(&error)), ReportStatus::Success)
    };
    assert!(status(ErrorKind::Handler) && status(ErrorKind::BadEvent));
    assert!(!status(ErrorKind::Panic) && !status(ErrorKind::TimedOut));
    assert_eq!(ReportStatus::of(None), ReportStatus::Success);
}

#[test]
fn the_trace_is_told_only_if_it_is_sampled() {
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let header = format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:x:0");
    let line = format!("XRAY TraceId: {root}\tSegmentId: 53995c3f42cd8ad8\tSampled: true\t");
    assert_eq!(xray_line(&header), Some(line));
    let line = format!("XRAY TraceId: {root}\tSampled: true\t");
    assert_eq!(xray_line(&format!("sampled=1; root={root}")), Some(line));
    for header in [
        "",
        "Root=1-2-3",
        "Root=1-2-3;Sampled=0",
        "Sampled=1",
        "Root=;Sampled=1",
    ] {
        assert_eq!(xray_line(header), None);
    }
}

#[test]
fn errors_have_a_line_of_their_own() {
    let line = error_line("r1", &FunctionError::timed_out(Duration::from_secs(3)));
    assert_eq!(
        untimed(&(line + "\n")),
        ["r1 Task timed out after 3.00 seconds"]
    );
    let error = FunctionError::new(ErrorKind::Handler, "OutOfStock", "no more");
    let line = error_line("r1", &error) + "\n";
    assert_eq!(untimed(&line), ["ERROR OutOfStock: no more"]);
}
