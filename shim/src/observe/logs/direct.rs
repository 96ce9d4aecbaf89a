//! The short way of the line that every invocation leaves: the same bytes as by way of an event,
//! for a fourth of the work.
//!
//! An event's fields come one by one and could have any name and value; here it is known which
//! there are. The price is that each format is written down twice, in [`json`] and [`text`] and in
//! its [`Encode`](super::encode::Encode); a test compares them.

use http::Method;
use tracing::dispatcher;

use super::super::invocation::InvocationLine;
use super::escape;
use super::layer::LogLayer;
use super::line::{Line, MAX_TEXT};
use super::number::{self, SECONDS_END};

/// Logs an invocation that did not fail, unless it has to be an event: because somebody other than
/// the log hears events, the log does not want it, or it is no ordinary line. Whether it was logged.
pub(in crate::observe) fn invocation(facts: &InvocationLine<'_>) -> bool {
    dispatcher::get_default(|dispatch| {
        let layer = dispatch.downcast_ref::<LogLayer>();
        layer.is_some_and(|layer| layer.invocation(facts))
    })
}

/// Whether [`json`] and [`text`] can write the line: its time is a usual number, and its texts are
/// short enough that none is cut.
pub(super) fn is_ordinary(facts: &InvocationLine<'_>) -> bool {
    let length = |text: Option<&str>| text.map_or(0, str::len);
    let texts =
        facts.function.len() + length(facts.method.map(Method::as_str)) + length(facts.path);
    facts.duration.as_secs() < SECONDS_END && texts < MAX_TEXT / 2
}

/// Writes an ordinary line as [`Json`](super::json::Json) does.
pub(super) fn json(line: &mut Line, facts: &InvocationLine<'_>) {
    let Line { out, stamp, .. } = line;
    out.extend_from_slice(b"{\"timestamp\":\"");
    out.extend_from_slice(stamp.micros());
    out.extend_from_slice(
        b"\",\"level\":\"INFO\",\"target\":\"shim::invocation\",\"message\":\"invocation\",\
          \"requestId\":\"",
    );
    if facts.request_id.is_plain() {
        out.extend_from_slice(facts.request_id.as_bytes());
    } else {
        escape::json(out, facts.request_id.as_str());
    }
    out.extend_from_slice(b"\",\"function\":\"");
    escape::json(out, facts.function);
    if let Some(method) = facts.method {
        out.extend_from_slice(b"\",\"method\":\"");
        // There are only letters, digits and a few signs in one.
        out.extend_from_slice(method.as_str().as_bytes());
    }
    if let Some(path) = facts.path {
        out.extend_from_slice(b"\",\"path\":\"");
        escape::json(out, path);
    }
    if facts.status == 200 {
        out.extend_from_slice(b"\",\"status\":200,\"duration_ms\":");
    } else {
        out.extend_from_slice(b"\",\"status\":");
        number::unsigned(out, facts.status.into());
        out.extend_from_slice(b",\"duration_ms\":");
    }
    number::millis(out, facts.duration);
    match (facts.cold_start, facts.response_bytes) {
        (false, Some(bytes)) => {
            out.extend_from_slice(b",\"cold_start\":false,\"response_bytes\":");
            number::unsigned(out, bytes);
        }
        (true, Some(bytes)) => {
            out.extend_from_slice(b",\"cold_start\":true,\"response_bytes\":");
            number::unsigned(out, bytes);
        }
        (false, None) => out.extend_from_slice(b",\"cold_start\":false"),
        (true, None) => out.extend_from_slice(b",\"cold_start\":true"),
    }
    out.extend_from_slice(b"}\n");
}

/// Writes an ordinary line as [`Text`](super::text::Text) does without colours.
pub(super) fn text(line: &mut Line, facts: &InvocationLine<'_>) {
    let Line { out, stamp, .. } = line;
    out.extend_from_slice(&stamp.millis());
    out.extend_from_slice(b"  INFO shim::invocation: invocation function=");
    escape::word(out, facts.function);
    if let Some(method) = facts.method {
        out.extend_from_slice(b" method=");
        escape::word(out, method.as_str());
    }
    if let Some(path) = facts.path {
        out.extend_from_slice(b" path=");
        escape::word(out, path);
    }
    out.extend_from_slice(b" status=");
    number::unsigned(out, facts.status.into());
    out.extend_from_slice(b" duration_ms=");
    number::millis(out, facts.duration);
    out.extend_from_slice(if facts.cold_start {
        b" cold_start=true"
    } else {
        b" cold_start=false"
    });
    if let Some(bytes) = facts.response_bytes {
        out.extend_from_slice(b" response_bytes=");
        number::unsigned(out, bytes);
    }
    out.extend_from_slice(b" request_id=");
    escape::word(out, facts.request_id.as_str());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;

    use super::super::encode::Encode;
    use super::super::json::Json;
    use super::super::line::MAX_TEXT;
    use super::super::testing::{lines, lines_of_events};
    use super::super::text::Text;
    use super::InvocationLine;
    use crate::invocation::RequestId;
    use crate::observe::invocation;

    /// Lines with all that makes one differ from another.
    fn all(log: &mut dyn FnMut(&InvocationLine<'_>)) {
        let long = "x".repeat(MAX_TEXT);
        let ids = ["r1", "\"a\"=\\d", "11111111-2222-4333-8444-555555555555"];
        let ids = ids.map(|id| RequestId::parse(id).unwrap());
        let texts = [
            "r1",
            "",
            "a \"b\" = \\d",
            "x\n\u{1b}[31m{\u{2028}é",
            "fifteen-letters",
            &long,
        ];
        let micros = [0, 1, 90, 1_000, 1_230, 65_001, 1_000_000, 3_600_000_007];
        let durations = micros.map(Duration::from_micros).into_iter();
        for duration in durations.chain([Duration::from_nanos(1_999), Duration::MAX]) {
            for (text, request_id) in texts.into_iter().zip(ids.iter().cycle()) {
                let line = InvocationLine {
                    request_id,
                    function: "orders.create",
                    method: Some(&Method::POST),
                    path: Some(text),
                    status: 200,
                    duration,
                    cold_start: text.is_empty(),
                    response_bytes: Some(duration.as_secs()),
                    error: None,
                };
                log(&line);
                log(&InvocationLine {
                    function: text,
                    method: None,
                    path: None,
                    status: u16::MAX,
                    response_bytes: None,
                    ..line
                });
            }
        }
    }

    /// The lines that `log` leaves, without their times, which begin at `time`.
    fn compare<E: Encode>(encode: impl Fn() -> E, time: usize) {
        let log = || all(&mut |line| invocation(line));
        let untimed = |lines: String| {
            let rest =
                |line: &str| line[..time].to_owned() + line[time..].split_once('Z').unwrap().1;
            lines.lines().map(rest).collect::<Vec<_>>()
        };
        let direct = untimed(lines(encode(), log));
        assert_eq!(direct, untimed(lines_of_events(encode(), log)));
        assert_eq!(direct.len(), 10 * 6 * 2);
    }

    #[test]
    fn the_short_way_leads_to_the_same_bytes() {
        compare(|| Json, "{\"timestamp\":\"".len());
        compare(|| Text { colour: false }, 0);
        compare(|| Text { colour: true }, 0);
    }

    #[test]
    fn it_is_taken_where_nobody_else_listens() {
        let mut taken = Vec::new();
        let mut log = || all(&mut |line| taken.push(super::invocation(line)));
        lines_of_events(Json, &mut log);
        assert!(!taken.contains(&true));
        taken.clear();
        let mut log = || all(&mut |line| taken.push(super::invocation(line)));
        lines(Json, &mut log);
        let ways = |way| taken.iter().filter(|&&taken| taken == way).count();
        // Not with the longest text, nor with the longest time.
        assert_eq!((ways(true), ways(false)), (9 * 5 * 2, 9 * 2 + 12));
    }
}
