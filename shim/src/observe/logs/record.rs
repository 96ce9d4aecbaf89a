//! Lines for those who read the log of one invocation.

use super::super::replay::{FieldValue, PluginRecord};
use super::encode::{Value, write_value};
use super::escape;
use super::line::{Line, MAX_TEXT};

/// Hands `take` a plugin's record as one line with its line feed:
/// `2026-11-20T12:00:00.000Z INFO orders::create: message key=value span=request:db`.
///
/// Escaped as [`Text`](super::text::Text) does; without the request id, which is the same in all
/// lines of an invocation. A record of more than 64 KiB is cut and its line ends with
/// `truncated=true`.
pub(in crate::observe) fn with_record(record: &PluginRecord<'_>, take: impl FnOnce(&[u8])) {
    Line::with(|line| {
        write(line, record);
        take(&line.out);
    });
}

fn write(line: &mut Line, record: &PluginRecord<'_>) {
    line.out.extend_from_slice(&line.stamp.millis());
    line.out.push(b' ');
    line.out.extend_from_slice(record.level.as_str().as_bytes());
    line.out.push(b' ');
    let target = line.afford(record.target);
    escape::bare(&mut line.out, target);
    line.out.push(b':');
    let message = line.afford(record.message);
    if !message.is_empty() {
        line.out.push(b' ');
        escape::bare(&mut line.out, message);
    }
    let mut cut = false;
    for (name, value) in record.fields {
        // Even a name and a value without text take some bytes.
        cut = line.is_cut() || line.out.len() > MAX_TEXT;
        if cut {
            break;
        }
        field(line, name, *value);
    }
    if let Some(spans) = record.spans {
        field(line, "span", FieldValue::Str(spans));
    }
    line.out.extend_from_slice(if cut || line.is_cut() {
        b" truncated=true\n"
    } else {
        b"\n"
    });
}

fn field(line: &mut Line, name: &str, value: FieldValue<'_>) {
    let name = line.afford(name);
    line.out.push(b' ');
    escape::word(&mut line.out, name);
    line.out.push(b'=');
    let value = match value {
        FieldValue::I64(number) => Value::I64(number),
        FieldValue::U64(number) => Value::U64(number),
        FieldValue::F64(number) => Value::F64(number),
        FieldValue::Bool(flag) => Value::Bool(flag),
        FieldValue::Str(text) | FieldValue::Debug(text) => Value::Str(line.afford(text)),
    };
    write_value(&mut line.out, value, escape::word);
}

/// Hands `take` a text as one line with its line feed: whatever would break or forge a line is
/// escaped, but tabs stay. What is beyond 64 KiB is left out.
pub(in crate::observe) fn with_text(text: &str, take: impl FnOnce(&[u8])) {
    Line::with(|line| {
        for (number, part) in line.afford(text).split('\t').enumerate() {
            if number > 0 {
                line.out.push(b'\t');
            }
            escape::bare(&mut line.out, part);
        }
        line.out.push(b'\n');
        take(&line.out);
    });
}

/// The time now, as it stands at the start of a line: `2026-11-20T12:00:00.000Z`.
pub(in crate::observe) fn timestamp() -> String {
    let mut text = String::new();
    Line::with(|line| {
        line.out.extend_from_slice(&line.stamp.millis());
        // All of it is ASCII.
        text = String::from_utf8_lossy(&line.out).into_owned();
    });
    text
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::super::line::MAX_TEXT;
    use super::{FieldValue, PluginRecord, with_record, with_text};

    const TIME: usize = "2026-11-20T12:00:00.000Z ".len();

    fn line(record: &PluginRecord<'_>) -> String {
        let mut got = Vec::new();
        with_record(record, |line| got.extend_from_slice(line));
        let got = String::from_utf8(got).unwrap();
        assert_eq!(&got[TIME - 2..TIME], "Z ");
        got[TIME..].to_owned()
    }

    const RECORD: PluginRecord<'static> = PluginRecord {
        level: Level::WARN,
        target: "orders::create",
        message: "made \"one\"",
        file: Some("src/create.rs"),
        line: Some(7),
        request_id: Some("r1"),
        spans: None,
        fields: &[],
    };

    #[test]
    fn a_record_reads_from_left_to_right() {
        assert_eq!(line(&RECORD), "WARN orders::create: made \"one\"\n");
        let fields = [
            ("i", FieldValue::I64(-1)),
            ("f", FieldValue::F64(0.5)),
            ("on", FieldValue::Bool(true)),
            ("text", FieldValue::Str("a b")),
            ("shown", FieldValue::Debug("Some(1)")),
        ];
        let record = PluginRecord {
            message: "",
            spans: Some("request:db"),
            fields: &fields,
            ..RECORD
        };
        assert_eq!(
            line(&record),
            "WARN orders::create: i=-1 f=0.5 on=true text=\"a b\" shown=Some(1) span=request:db\n"
        );
    }

    #[test]
    fn whatever_a_record_holds_it_is_one_line() {
        let evil = "x\ny\r\u{1b}[31m\u{2028}\t";
        let shown = "x\\ny\\r\\u{1b}[31m\\u{2028}\\t";
        let fields = [(evil, FieldValue::Str(evil))];
        let record = PluginRecord {
            target: evil,
            message: evil,
            spans: Some(evil),
            fields: &fields,
            ..RECORD
        };
        assert_eq!(
            line(&record),
            format!("WARN {shown}: {shown} \"{shown}\"=\"{shown}\" span=\"{shown}\"\n")
        );
    }

    #[test]
    fn a_record_without_end_is_cut_and_says_so() {
        let long = "x".repeat(2 * MAX_TEXT);
        let record = PluginRecord {
            message: &long,
            ..RECORD
        };
        let text = line(&record);
        assert!(text.ends_with("xx truncated=true\n"));
        assert!(text.len() < MAX_TEXT + 100);

        let many = vec![("", FieldValue::U64(u64::MAX)); MAX_TEXT];
        let record = PluginRecord {
            fields: &many,
            ..RECORD
        };
        let text = line(&record);
        assert!(text.ends_with(" truncated=true\n"));
        assert!(text.len() < MAX_TEXT + 100);
    }

    #[test]
    fn a_text_keeps_its_tabs_and_nothing_else_that_could_break_the_line() {
        let mut got = Vec::new();
        with_text("REPORT\tA: 1\t\n\u{1b}é\t", |line| {
            got.extend_from_slice(line);
        });
        with_text("", |line| got.extend_from_slice(line));
        let got = String::from_utf8(got).unwrap();
        assert_eq!(got, "REPORT\tA: 1\t\\n\\u{1b}é\t\n\n");
    }
}
