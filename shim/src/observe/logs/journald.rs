//! Events for systemd's journal, in its native protocol.
//!
//! A datagram holds fields, each `NAME=value\n`, or, when the value has line feeds, `NAME\n`, the
//! value's length as 64 bits (least byte first), the value, `\n`. So a value can hold anything.

use super::encode::{Encode, Head, Value, write_value};
use super::frame;
use super::line::Line;

/// One datagram an event: `MESSAGE`, `PRIORITY`, `SYSLOG_IDENTIFIER`, `TARGET`, `CODE_FILE`,
/// `CODE_LINE`, and every field of the event as `F_` and its name in capitals.
pub(super) struct Journald {
    pub(super) app: &'static str,
}

/// The journal takes no longer names.
const MAX_NAME: usize = 64;

impl Encode for Journald {
    fn begin(&self, line: &mut Line, head: &Head<'_>) {
        let out = &mut line.out;
        frame::open(out);
        number(
            out,
            "PRIORITY",
            Value::U64(frame::severity(head.level).into()),
        );
        string(out, "SYSLOG_IDENTIFIER", self.app);
        string(out, "TARGET", head.target);
        if let Some(file) = head.file {
            string(out, "CODE_FILE", file);
        }
        if let Some(line) = head.line {
            number(out, "CODE_LINE", Value::U64(line.into()));
        }
    }

    fn message(&self, line: &mut Line, text: &str) {
        string(&mut line.out, "MESSAGE", text);
    }

    fn field(&self, line: &mut Line, name: &'static str, value: Value<'_>) {
        let mut key = std::mem::take(&mut line.late);
        key.clear();
        key.extend_from_slice(b"F_");
        key.extend(name.bytes().take(MAX_NAME - 2).map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' => byte,
            b'a'..=b'z' => byte.to_ascii_uppercase(),
            _ => b'_',
        }));
        match value {
            Value::Str(text) => string(&mut line.out, &key, text),
            other => number(&mut line.out, &key, other),
        }
        line.late = key;
    }

    fn finish(&self, line: &mut Line) {
        frame::close(&mut line.out);
    }
}

fn string(out: &mut Vec<u8>, name: impl AsRef<[u8]>, text: &str) {
    out.extend_from_slice(name.as_ref());
    if text.contains('\n') {
        out.push(b'\n');
        out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

fn number(out: &mut Vec<u8>, name: impl AsRef<[u8]>, value: Value<'_>) {
    out.extend_from_slice(name.as_ref());
    out.push(b'=');
    write_value(out, value, |out, text| {
        out.extend_from_slice(text.as_bytes())
    });
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use tracing::warn;

    use super::super::testing::datagrams;
    use super::Journald;

    #[test]
    fn an_event_is_one_datagram_with_a_field_for_each_of_its_own() {
        let line = line!() + 2;
        let got = datagrams(Journald { app: "shim" }, || {
            warn!(target: "orders", request_id = "r1", tries = 3, part = 0.5, "slow");
        });
        let text = String::from_utf8(got[0].clone()).unwrap();
        let file = file!();
        assert_eq!(
            text,
            format!(
                "PRIORITY=4\nSYSLOG_IDENTIFIER=shim\nTARGET=orders\nCODE_FILE={file}\n\
                 CODE_LINE={line}\nMESSAGE=slow\nF_REQUEST_ID=r1\nF_TRIES=3\nF_PART=0.5\n"
            )
        );
        assert_eq!(got.len(), 1);
    }

    #[test]
    fn line_feeds_cannot_forge_a_field() {
        let got = datagrams(Journald { app: "shim" }, || {
            warn!(target: "orders", { my.key = "a\nPRIORITY=0" }, "one\ntwo");
        });
        let expected =
            b"MESSAGE\n\x07\0\0\0\0\0\0\0one\ntwo\nF_MY_KEY\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
        assert!(got[0].ends_with(expected), "{}", got[0].escape_ascii());
    }
}
