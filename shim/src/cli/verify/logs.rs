//! What a child writes to standard error: JSON lines, those of invocations kept by request id.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::sync::watch;

/// The longest line that is read, in bytes; what is longer is passed over.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// The most that is kept of all lines, in bytes. More is counted.
const MAX_KEPT: usize = 256 * 1024 * 1024;

/// How many of the last lines are told when a process ends where it should not.
const LAST: usize = 5;

/// The targets of shim's own lines.
const OURS: &str = "shim::";

/// The target of the line about an invocation of `shim serve`.
const INVOCATION: &str = "shim::invocation";

/// The log of a child, and of those that came in its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Logs(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    address: watch::Sender<Option<SocketAddr>>,
}

#[derive(Debug, Default)]
struct Lines {
    of: HashMap<String, Vec<Map<String, Value>>>,
    last: VecDeque<String>,
    kept: usize,
    dropped: usize,
}

impl Logs {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads to the end of `stderr`.
    pub(super) async fn read(&self, stderr: impl AsyncRead + Unpin) {
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limited = (&mut stderr).take(MAX_LINE as u64);
            tokio::pin!(limited);
            match limited.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => self.line(&line),
            }
        }
    }

    fn line(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let mut lines = self.lines();
        if lines.last.len() == LAST {
            lines.last.pop_front();
        }
        lines
            .last
            .push_back(text.trim_end().chars().take(500).collect());
        let Ok(parsed) = serde_json::from_slice::<Map<String, Value>>(line) else {
            return;
        };
        if let Some(address) = address(&parsed) {
            self.0.address.send_replace(Some(address));
        }
        let Some(id) = parsed.get("requestId").and_then(Value::as_str) else {
            return;
        };
        if lines.kept + line.len() > MAX_KEPT {
            lines.dropped += 1;
            return;
        }
        lines.kept += line.len();
        let id = id.to_owned();
        lines.of.entry(id).or_default().push(parsed);
    }

    /// Where `shim serve` listens, once it says so.
    pub(super) async fn address(&self) -> Option<SocketAddr> {
        let mut address = self.0.address.subscribe();
        // The sender is in `self`.
        let address = address.wait_for(Option::is_some).await.ok()?;
        *address
    }

    /// Forgets where the last one has listened.
    pub(super) fn begins(&self) {
        self.0.address.send_replace(None);
        self.lines().last.clear();
    }

    /// The last that it said.
    pub(super) fn last(&self) -> String {
        let lines = self.lines();
        let last: Vec<_> = lines.last.iter().map(String::as_str).collect();
        last.join("\n")
    }

    /// The handler's lines of an invocation, in the order of their times, without what is another
    /// one each time.
    pub(super) fn of(&self, request_id: &str) -> Vec<Value> {
        let lines = self.lines();
        let found = lines.of.get(request_id).map_or(&[][..], Vec::as_slice);
        let target = |line: &Map<String, Value>| text(line, "target").starts_with(OURS);
        let mut own: Vec<_> = found.iter().filter(|line| !target(line)).cloned().collect();
        // Threads write for themselves. The order of equal times stays.
        own.sort_by(|a, b| text(a, "timestamp").cmp(text(b, "timestamp")));
        let without = |mut line: Map<String, Value>| {
            line.remove("timestamp");
            line.remove("requestId");
            Value::Object(line)
        };
        own.into_iter().map(without).collect()
    }

    /// Whether the invocation has failed, as `shim serve` says.
    pub(super) fn failed(&self, request_id: &str) -> bool {
        let lines = self.lines();
        let mut found = lines.of.get(request_id).into_iter().flatten();
        found.any(|line| text(line, "target") == INVOCATION && line.contains_key("error_type"))
    }

    /// How many lines are missing, because there were too many.
    pub(super) fn dropped(&self) -> usize {
        self.lines().dropped
    }
}

fn text<'a>(line: &'a Map<String, Value>, name: &str) -> &'a str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn address(line: &Map<String, Value>) -> Option<SocketAddr> {
    if !text(line, "target").starts_with(OURS) {
        return None;
    }
    let rest = text(line, "message").strip_prefix("serving http://")?;
    rest.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Logs;

    #[test]
    fn a_handlers_lines_are_found_in_the_order_of_their_times() {
        let logs = Logs::default();
        for line in [
            r#"{"timestamp":"2","level":"INFO","target":"orders","message":"b","requestId":"r"}"#,
            r#"{"timestamp":"1","level":"INFO","target":"orders","message":"a","requestId":"r"}"#,
            r#"{"timestamp":"3","target":"shim::invocation","requestId":"r","error_type":"E"}"#,
            r#"{"timestamp":"0","target":"orders","message":"of init"}"#,
            "no JSON",
        ] {
            logs.line(line.as_bytes());
        }
        let of = |message| json!({"level": "INFO", "target": "orders", "message": message});
        assert_eq!(logs.of("r"), [of("a"), of("b")]);
        assert_eq!(logs.of("other"), [0; 0].map(|_| json!(null)));
        assert!(logs.failed("r") && !logs.failed("other"));
        assert!(logs.last().ends_with("no JSON"));
    }
}
