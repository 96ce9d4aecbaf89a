//! Lines for people.

use tracing::Level;

use super::super::invocation::InvocationLine;
use super::direct;
use super::encode::{Encode, Head, Value, write_value};
use super::escape;
use super::line::Line;

/// `2026-11-21T02:04:16.123Z  INFO shim::http: message key=value request_id=…`
///
/// Values are in quotes unless they are one plain word; whatever could break or forge a line is
/// escaped. The request id stands last, where it is in nobody's way.
pub(super) struct Text {
    pub(super) colour: bool,
}

const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

impl Text {
    fn coloured(&self, out: &mut Vec<u8>, colour: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if self.colour {
            out.extend_from_slice(colour.as_bytes());
            write(out);
            out.extend_from_slice(RESET.as_bytes());
        } else {
            write(out);
        }
    }

    /// `target:`, and the start of what a late message moves behind.
    pub(super) fn target(&self, line: &mut Line, target: &str) {
        self.coloured(&mut line.out, DIM, |out| {
            escape::bare(out, target);
            out.push(b':');
        });
        line.mark = line.out.len();
    }

    /// The end of the line, without the line feed.
    pub(super) fn end(line: &mut Line) {
        line.out.append(&mut line.late);
    }
}

impl Encode for Text {
    fn begin(&self, line: &mut Line, head: &Head<'_>) {
        let Line { out, stamp, .. } = line;
        self.coloured(out, DIM, |out| out.extend_from_slice(&stamp.millis()));
        let (colour, level) = match head.level {
            Level::ERROR => ("\x1b[31m", "ERROR"),
            Level::WARN => ("\x1b[33m", " WARN"),
            Level::INFO => ("\x1b[32m", " INFO"),
            Level::DEBUG => ("\x1b[34m", "DEBUG"),
            Level::TRACE => ("\x1b[35m", "TRACE"),
        };
        out.push(b' ');
        self.coloured(out, colour, |out| out.extend_from_slice(level.as_bytes()));
        out.push(b' ');
        self.target(line, head.target);
    }

    fn message(&self, line: &mut Line, text: &str) {
        let before = line.out.len();
        line.out.push(b' ');
        escape::bare(&mut line.out, text);
        let length = line.out.len() - before;
        line.out[line.mark..].rotate_right(length);
    }

    fn field(&self, line: &mut Line, name: &'static str, value: Value<'_>) {
        let late = name == "request_id" && line.late.is_empty();
        let out = if late { &mut line.late } else { &mut line.out };
        out.push(b' ');
        self.coloured(out, DIM, |out| {
            escape::word(out, name);
            out.push(b'=');
        });
        write_value(out, value, escape::word);
    }

    fn finish(&self, line: &mut Line) {
        Self::end(line);
        line.out.push(b'\n');
    }

    fn invocation(&self, line: &mut Line, facts: &InvocationLine<'_>) -> bool {
        if !self.colour {
            direct::text(line, facts);
        }
        !self.colour
    }
}

#[cfg(test)]
mod tests {
    use tracing::{debug, error, info};

    use super::super::testing::{lines, text};
    use super::Text;

    #[test]
    fn a_line_reads_from_left_to_right_with_the_request_id_last() {
        let lines = text(|| {
            info!(target: "shim::http", request_id = "r1", port = 80, host = "a b", "listening");
            debug!(target: "t", only = "fields");
            error!("bare");
        });
        assert_eq!(
            lines[0],
            " INFO shim::http: listening port=80 host=\"a b\" request_id=r1"
        );
        assert_eq!(lines[1], "DEBUG t: only=fields");
        assert!(lines[2].starts_with("ERROR shim::") && lines[2].ends_with(": bare"));
    }

    #[test]
    fn a_message_stands_first_even_if_it_comes_late() {
        let lines = text(|| info!(target: "t", a = 1, request_id = "r", message = "late", b = 2));
        assert_eq!(lines, [" INFO t: late a=1 b=2 request_id=r"]);
    }

    #[test]
    fn nobody_can_forge_a_line() {
        let evil = "x\n2026-11-21T02:04:16.123Z ERROR shim: \x1b[31mforged";
        let lines = text(|| info!(target: "t\nu", evil, "{evil}"));
        let shown = "x\\n2026-11-21T02:04:16.123Z ERROR shim: \\u{1b}[31mforged";
        assert_eq!(lines, [format!(" INFO t\\nu: {shown} evil=\"{shown}\"")]);
    }

    #[test]
    fn colours_are_only_around_what_is_the_hosts() {
        let lines = lines(Text { colour: true }, || info!(target: "t", key = "v", "m"));
        let (time, rest) = lines.split_at("\x1b[2m2026-11-21T02:04:16.123Z".len());
        assert!(time.starts_with("\x1b[2m2"));
        assert_eq!(
            rest,
            "\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2mt:\x1b[0m m \x1b[2mkey=\x1b[0mv\n"
        );
    }
}
