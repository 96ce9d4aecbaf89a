//! One JSON object a line.

use tracing::Level;

use super::super::invocation::InvocationLine;
use super::direct;
use super::encode::{Encode, Head, Value, write_value};
use super::escape;
use super::line::Line;

/// `{"timestamp":"…","level":"INFO","target":"…","message":"…",` and the fields, flat`}`.
///
/// `request_id` is written `requestId`, as AWS Lambda has it. No key stands twice in a line: a
/// field whose name is taken gets `fields.` before it.
pub(super) struct Json;

/// What every line has, whatever its fields are.
const TAKEN: [(usize, &str); 4] = [
    (0, "timestamp"),
    (0, "level"),
    (0, "target"),
    (0, "message"),
];

impl Encode for Json {
    fn begin(&self, line: &mut Line, head: &Head<'_>) {
        line.keys.extend_from_slice(&TAKEN);
        let out = &mut line.out;
        out.extend_from_slice(b"{\"timestamp\":\"");
        out.extend_from_slice(line.stamp.micros());
        out.extend_from_slice(match head.level {
            Level::ERROR => b"\",\"level\":\"ERROR\",\"target\":\"",
            Level::WARN => b"\",\"level\":\"WARN\",\"target\":\"",
            Level::INFO => b"\",\"level\":\"INFO\",\"target\":\"",
            Level::DEBUG => b"\",\"level\":\"DEBUG\",\"target\":\"",
            Level::TRACE => b"\",\"level\":\"TRACE\",\"target\":\"",
        });
        escape::json(out, head.target);
        out.push(b'"');
    }

    fn message(&self, line: &mut Line, text: &str) {
        line.out.extend_from_slice(b",\"message\":");
        string(&mut line.out, text);
    }

    fn field(&self, line: &mut Line, name: &'static str, value: Value<'_>) {
        let (prefixes, name) = claim(&mut line.keys, name);
        let out = &mut line.out;
        out.extend_from_slice(b",\"");
        for _ in 0..prefixes {
            out.extend_from_slice(PREFIX.as_bytes());
        }
        escape::json(out, name);
        out.extend_from_slice(b"\":");
        write_value(out, value, string);
    }

    fn finish(&self, line: &mut Line) {
        line.out.extend_from_slice(b"}\n");
    }

    fn invocation(&self, line: &mut Line, facts: &InvocationLine<'_>) -> bool {
        direct::json(line, facts);
        true
    }
}

const PREFIX: &str = "fields.";

/// A key that is not in `keys` yet, and now is: the name without its prefixes, and how many
/// prefixes it has.
fn claim(keys: &mut Vec<(usize, &'static str)>, name: &'static str) -> (usize, &'static str) {
    let mut key = (0, name);
    if name == "request_id" {
        key.1 = "requestId";
    }
    while let Some(rest) = key.1.strip_prefix(PREFIX) {
        key = (key.0 + 1, rest);
    }
    while keys.contains(&key) {
        key.0 += 1;
    }
    keys.push(key);
    key
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape::json(out, text);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use tracing::{info, warn};

    use super::super::testing::lines;
    use super::Json;

    /// A line without its time.
    fn line(log: impl FnOnce()) -> String {
        let lines = lines(Json, log);
        let (time, rest) = lines.split_at("{\"timestamp\":\"2026-11-21T02:04:16.123456Z\",".len());
        assert!(time.starts_with("{\"timestamp\":\"2") && time.ends_with("Z\","));
        rest.to_owned()
    }

    #[test]
    fn fields_are_flat_and_keep_their_types() {
        let line = line(|| {
            info!(
                target: "shim::http",
                request_id = "r1", on = true, i = -1, u = u64::MAX, f = 1.5, whole = 2.0,
                big = u128::MAX, nan = f64::NAN, shown = %'x', debug = ?Some(1), "a {}", "b"
            );
        });
        assert_eq!(
            line,
            "\"level\":\"INFO\",\"target\":\"shim::http\",\"message\":\"a b\",\
             \"requestId\":\"r1\",\"on\":true,\"i\":-1,\"u\":18446744073709551615,\"f\":1.5,\
             \"whole\":2.0,\"big\":340282366920938463463374607431768211455,\"nan\":\"NaN\",\
             \"shown\":\"x\",\"debug\":\"Some(1)\"}\n"
        );
    }

    #[test]
    fn no_key_stands_twice() {
        let line = line(|| {
            warn!(
                target: "t",
                level = 1, timestamp = 2, target = 3, requestId = 4, request_id = 5,
                fields.level = 6, "m"
            );
        });
        assert_eq!(
            line,
            "\"level\":\"WARN\",\"target\":\"t\",\"message\":\"m\",\"fields.level\":1,\
             \"fields.timestamp\":2,\"fields.target\":3,\"requestId\":4,\
             \"fields.requestId\":5,\"fields.fields.level\":6}\n"
        );
    }

    #[test]
    fn whatever_a_value_holds_the_line_is_one_valid_object() {
        let evil = "\"}\n{\"level\":\"ERROR\"\u{0}\u{1b}[31m\u{2028}\\";
        let lines = lines(
            Json,
            || info!(target: "a\"\nb", evil, debug = ?evil, "{evil}"),
        );
        assert_eq!(lines.lines().count(), 1);
        let got: serde_json::Value = serde_json::from_str(&lines).unwrap();
        assert_eq!(got["message"], evil);
        assert_eq!(got["evil"], evil);
        assert_eq!(got["debug"], format!("{evil:?}"));
        assert_eq!(got["target"], "a\"\nb");
        assert_eq!(got["level"], "INFO");
    }
}
