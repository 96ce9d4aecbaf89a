//! Collects the fields of an event or a span.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};

use abi_stable::std_types::RStr;
use tracing_core::field::{Field, Visit};

use crate::types::{FIELD_BOOL, FIELD_DEBUG, FIELD_F64, FIELD_I64, FIELD_STR, FIELD_U64, LogField};

/// One field, its text made.
struct Collected {
    name: &'static str,
    kind: u32,
    num: u64,
    text: Cow<'static, str>,
}

/// The message and the other fields of an event.
#[derive(Default)]
pub(super) struct EventFields {
    pub(super) message: String,
    fields: Vec<Collected>,
}

impl EventFields {
    fn push(&mut self, field: &Field, kind: u32, num: u64, text: impl Into<Cow<'static, str>>) {
        self.fields.push(Collected {
            name: field.name(),
            kind,
            num,
            text: text.into(),
        });
    }

    /// The fields in the form that crosses.
    pub(super) fn lend(&self) -> Vec<LogField<'_>> {
        fn lend(field: &Collected) -> LogField<'_> {
            LogField {
                name: RStr::from_str(field.name),
                kind: field.kind,
                num: field.num,
                text: RStr::from_str(&field.text),
            }
        }
        self.fields.iter().map(lend).collect()
    }
}

impl Visit for EventFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            self.push(field, FIELD_DEBUG, 0, format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.push(field, FIELD_STR, 0, value.to_owned());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.push(field, FIELD_DEBUG, 0, value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, FIELD_I64, value.cast_unsigned(), "");
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, FIELD_U64, value, "");
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, FIELD_F64, value.to_bits(), "");
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, FIELD_BOOL, u64::from(value), "");
    }
}

/// The fields of a span, as text: `a=1 b="x"`.
#[derive(Default)]
pub(super) struct SpanFields(pub(super) String);

impl Visit for SpanFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        let _ = write!(self.0, "{space}{}={value:?}", field.name());
    }
}
