//! Lines for the system log, as programs write them to its socket.

use std::fmt::Write;

use super::encode::{Encode, Head, Value};
use super::frame;
use super::line::Line;
use super::text::Text;

/// `<30>shim[4711]: shim::http: message key=value`: facility `daemon`, a text line without its time
/// and level as the message.
///
/// This is what `syslog(3)` sends, but for the time, which the daemon takes from its own clock. RFC
/// 5424 is for the wire between machines: on the local socket, journald and rsyslog would show its
/// header as a part of the message.
pub(super) struct Syslog {
    /// `shim[4711]: `
    tag: String,
}

/// The longest datagram; daemons commonly take so much. A longer line is cut.
const MAX_DATAGRAM: usize = 8 * 1024;

const FACILITY: u8 = 3 << 3;

impl Syslog {
    /// For the process `pid` of `app`.
    pub(super) fn new(app: &str, pid: u32) -> Self {
        let mut tag: String = app
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(32)
            .collect();
        // Writing to a `String` cannot fail.
        let _ = write!(tag, "[{pid}]: ");
        Self { tag }
    }
}

impl Encode for Syslog {
    fn begin(&self, line: &mut Line, head: &Head<'_>) {
        let out = &mut line.out;
        frame::open(out);
        out.push(b'<');
        out.extend_from_slice(
            (FACILITY + frame::severity(head.level))
                .to_string()
                .as_bytes(),
        );
        out.push(b'>');
        out.extend_from_slice(self.tag.as_bytes());
        PLAIN.target(line, head.target);
    }

    fn message(&self, line: &mut Line, text: &str) {
        PLAIN.message(line, text);
    }

    fn field(&self, line: &mut Line, name: &'static str, value: Value<'_>) {
        PLAIN.field(line, name, value);
    }

    fn finish(&self, line: &mut Line) {
        Text::end(line);
        let out = &mut line.out;
        let mut end = out.len().min(frame::LENGTH + MAX_DATAGRAM);
        // Not into the middle of a character.
        while out
            .get(end)
            .is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000)
        {
            end -= 1;
        }
        out.truncate(end);
        frame::close(out);
    }
}

const PLAIN: Text = Text { colour: false };

#[cfg(test)]
mod tests {
    use tracing::{error, info};

    use super::super::testing::datagrams;
    use super::{MAX_DATAGRAM, Syslog};

    fn lines(log: impl FnOnce()) -> Vec<String> {
        let got = datagrams(Syslog::new("shim", 42), log);
        got.into_iter()
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect()
    }

    #[test]
    fn an_event_is_one_datagram() {
        let lines = lines(|| {
            error!(target: "shim::invocation", request_id = "r1", status = 502, "it\nbroke");
            info!(target: "shim::http", "fine");
        });
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            "<27>shim[42]: shim::invocation: it\\nbroke status=502 request_id=r1"
        );
        assert_eq!(lines[1], "<30>shim[42]: shim::http: fine");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        for shift in ["", "x", "xx"] {
            let lines = lines(|| info!("{shift}{}", "€".repeat(MAX_DATAGRAM)));
            assert!((MAX_DATAGRAM - 2..=MAX_DATAGRAM).contains(&lines[0].len()));
            assert!(lines[0].ends_with("€€"));
        }
    }
}
