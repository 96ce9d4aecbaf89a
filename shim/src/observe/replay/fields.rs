//! The values of a plugin's record, in the order of its site's fields.

use std::fmt::Write;

use tracing::field::Value;
use tracing_core::Event;

use super::site::{MAX_FIELDS, Site};
use super::sites::Whose;
use super::{FieldValue, PluginRecord};

/// When the field `more` is so long it gets no more.
const MAX_MORE: usize = 16 * 1024;

/// Hands the record's event to the subscriber.
pub(super) fn dispatch(site: &'static Site, whose: Whose, record: &PluginRecord<'_>) {
    let (named, surplus) = record.fields.split_at(site.named().len());
    let more = (!surplus.is_empty()).then(|| fold(surplus));
    let target = (whose == Whose::Shared).then_some(record.target);

    let mut values: [Option<&dyn Value>; MAX_FIELDS] = [None; MAX_FIELDS];
    let before: [&dyn Value; 2] = [&record.message, &record.request_id];
    let after: [&dyn Value; 3] = [&record.spans, &more, &target];
    let named = named.iter().map(|(_, value)| value.as_value());
    let all = before.into_iter().chain(named).chain(after);
    let mut count = 0;
    for (slot, value) in values.iter_mut().zip(all) {
        *slot = Some(value);
        count += 1;
    }
    let facts = site.facts();
    Event::dispatch(facts, &facts.fields().value_set_all(&values[..count]));
}

impl FieldValue<'_> {
    fn as_value(&self) -> &dyn Value {
        match self {
            Self::I64(number) => number,
            Self::U64(number) => number,
            Self::F64(number) => number,
            Self::Bool(flag) => flag,
            // Both are text by now.
            Self::Str(text) | Self::Debug(text) => text,
        }
    }
}

/// Fields without a place of their own, as `name=value name=value`.
fn fold(fields: &[(&str, FieldValue<'_>)]) -> String {
    let mut more = String::new();
    for (name, value) in fields {
        if more.len() > MAX_MORE {
            more.push_str(" …");
            break;
        }
        if !more.is_empty() {
            more.push(' ');
        }
        // Writing to a `String` cannot fail.
        let _ = match value {
            FieldValue::I64(number) => write!(more, "{name}={number}"),
            FieldValue::U64(number) => write!(more, "{name}={number}"),
            FieldValue::F64(number) => write!(more, "{name}={number}"),
            FieldValue::Bool(flag) => write!(more, "{name}={flag}"),
            FieldValue::Str(text) => write!(more, "{name}={text:?}"),
            FieldValue::Debug(text) => write!(more, "{name}={text}"),
        };
    }
    more
}
