//! What a format has to be able to do.

use tracing::{Level, Metadata};

use super::super::invocation::InvocationLine;
use super::line::Line;

/// Turns one event into one line (or one datagram), in `Line::out`.
///
/// Called in this order: `begin`, then `message` and `field` as they come, then `finish`. Strings
/// may hold anything: escaping is the encoder's task, so that one event never looks like two.
pub(super) trait Encode: Send + Sync + 'static {
    /// Time, level, target.
    fn begin(&self, line: &mut Line, head: &Head<'_>);
    /// The event's message. At most once; not always first.
    fn message(&self, line: &mut Line, text: &str);
    /// One of the event's fields.
    fn field(&self, line: &mut Line, name: &'static str, value: Value<'_>);
    /// The end of the event.
    fn finish(&self, line: &mut Line);

    /// The whole line of an invocation, if this encoder knows a way shorter than that of its event:
    /// whether it does. The invocation is an ordinary one, see [`direct`](super::direct).
    fn invocation(&self, line: &mut Line, facts: &InvocationLine<'_>) -> bool {
        let _ = (line, facts);
        false
    }
}

/// What is known about an event before its fields.
pub(super) struct Head<'a> {
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

impl<'a> Head<'a> {
    pub(super) fn of(metadata: &Metadata<'a>) -> Self {
        Self {
            level: *metadata.level(),
            target: metadata.target(),
            file: metadata.file(),
            line: metadata.line(),
        }
    }
}

/// A field's value.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Str(&'a str),
}

/// Writes a value: strings, and the numbers that JSON does not know, by `string`; everything else
/// looks the same in all formats.
pub(super) fn write_value(
    out: &mut Vec<u8>,
    value: Value<'_>,
    string: impl FnOnce(&mut Vec<u8>, &str),
) {
    // Writing numbers to a `Vec` cannot fail.
    let _ = match value {
        Value::Str(text) => {
            string(out, text);
            Ok(())
        }
        Value::F64(number) if !number.is_finite() => {
            string(out, &number.to_string());
            Ok(())
        }
        Value::F64(number) => serde_json::to_writer(out, &number),
        Value::I64(number) => serde_json::to_writer(out, &number),
        Value::U64(number) => serde_json::to_writer(out, &number),
        Value::I128(number) => serde_json::to_writer(out, &number),
        Value::U128(number) => serde_json::to_writer(out, &number),
        Value::Bool(flag) => serde_json::to_writer(out, &flag),
    };
}
