//! What this host offers to plugins.

use abi_stable::prefix_type::WithMetadata;
use abi_stable::std_types::RStr;
use plugin_api_abi::types::{
    AbiLevel, FIELD_BOOL, FIELD_DEBUG, FIELD_F64, FIELD_I64, FIELD_STR, FIELD_U64, HostApi,
    HostApiRef, LogField, LogRecord,
};
use tracing::Level;

use crate::observe::replay::{self, FieldValue, PluginRecord};

/// The functions that every plugin gets. Lives as long as the process (I8).
pub(super) const HOST: HostApiRef = {
    const TABLE: &WithMetadata<HostApi> = &WithMetadata::new(HostApi {
        max_level,
        enabled,
        log,
    });
    HostApiRef(TABLE.static_as_prefix())
};

extern "C" fn max_level() -> AbiLevel {
    replay::max_level().into_level().map_or(0, number)
}

extern "C" fn enabled(wanted: AbiLevel, target: RStr<'_>) -> bool {
    replay::enabled(level(wanted), target.as_str())
}

extern "C" fn log(record: &LogRecord<'_>) {
    // Nothing may unwind into the plugin (I4); a line that cannot be logged is lost.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| forward(record)));
}

fn forward(record: &LogRecord<'_>) {
    let mut fields: Vec<_> = record
        .fields
        .iter()
        .map(|field| (field.name.as_str(), value(field)))
        .collect();
    // The lifecycle belongs to a function, but to no invocation.
    let function = filled(record.function).filter(|_| record.request_id.is_empty());
    let told = fields.iter().any(|(name, _)| *name == "function");
    if let Some(function) = function.filter(|_| !told) {
        fields.push(("function", FieldValue::Str(function)));
    }
    replay::emit(&PluginRecord {
        level: level(record.level),
        target: record.target.as_str(),
        message: record.message.as_str(),
        file: filled(record.file),
        line: (record.line != 0).then_some(record.line),
        request_id: filled(record.request_id),
        spans: filled(record.spans),
        fields: &fields,
    });
}

fn filled(text: RStr<'_>) -> Option<&str> {
    Some(text.as_str()).filter(|text| !text.is_empty())
}

fn value<'a>(field: &'a LogField<'_>) -> FieldValue<'a> {
    match field.kind {
        FIELD_STR => FieldValue::Str(field.text.as_str()),
        FIELD_I64 => FieldValue::I64(field.num.cast_signed()),
        FIELD_U64 => FieldValue::U64(field.num),
        FIELD_F64 => FieldValue::F64(f64::from_bits(field.num)),
        FIELD_BOOL => FieldValue::Bool(field.num != 0),
        FIELD_DEBUG => FieldValue::Debug(field.text.as_str()),
        _ => FieldValue::Debug(field.text.as_str()),
    }
}

fn number(level: Level) -> AbiLevel {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

fn level(number: AbiLevel) -> Level {
    match number {
        0 | 1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        _ => Level::TRACE,
    }
}
