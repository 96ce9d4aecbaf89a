//! The numbers and names that both sides agree on.

use std::collections::BTreeMap;

use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::{SECTION, SYMBOL_PREFIX, stream, types};

use crate::repository;

/// Makes `(module::NAME, value)` of each constant.
macro_rules! numbers {
    ($($module:ident { $($name:ident)* })*) => {
        [$($((
            concat!(stringify!($module), "::", stringify!($name)),
            u64::from($module::$name),
        ),)*)*]
    };
}

/// Every constant's value by its name.
pub(super) fn constants() -> BTreeMap<String, String> {
    let numbers = numbers! {
        types {
            FLAG_STATELESS FLAG_BLOCKING FLAG_HTTP FLAG_BYTES FLAG_BYTES_RESPONSE
            KIND_EVENT KIND_HTTP KIND_ERROR
            PLACE_INLINE PLACE_RUNTIME PLACE_THREAD
            ERROR_HANDLER ERROR_PANIC ERROR_BAD_EVENT ERROR_CANCELLED ERROR_INTERNAL
            FIELD_STR FIELD_DEBUG FIELD_I64 FIELD_U64 FIELD_F64 FIELD_BOOL
        }
        stream { CHUNK_DATA CHUNK_TRAILERS CHUNK_ERROR }
        tag {
            REQUEST_ID TRACE_ID CLIENT_CONTEXT COGNITO_IDENTITY TENANT_ID GATEWAY_EVENT
            METHOD URI VERSION HEADER_NAME HEADER_VALUE STATUS
            FUNCTION_NAME FUNCTION_VERSION FUNCTION_ARN MEMORY_LIMIT VAR_NAME VAR_VALUE
            THREADS STACK_TRACES LIFECYCLE_INLINE SET_UP_LATER
            ERROR_NAME ERROR_MESSAGE ERROR_LOCATION ERROR_FRAME
            EMPTY_RESPONSE RESPONSE_SCHEMA EVENT_SCHEMA
        }
    };
    let mut constants: BTreeMap<String, String> = numbers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect();
    constants.insert("SECTION".to_owned(), SECTION.to_owned());
    constants.insert("SYMBOL_PREFIX".to_owned(), SYMBOL_PREFIX.to_owned());

    let mut writer = FieldsWriter::default();
    writer.put(0x0102, b"ab");
    let written = format!("{:02x?}", writer.finish().as_slice());
    constants.insert(
        "a field with the tag 0x0102 and the value `ab`".to_owned(),
        written,
    );
    constants
}

#[test]
fn no_number_is_left_out() {
    let known = constants();
    let source = repository::root().join("plugin-api/abi/src");
    for (file, module) in [("types", "types"), ("stream", "stream"), ("fields", "tag")] {
        let text = repository::read(&source.join(format!("{file}.rs")));
        let declared = text.lines().filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("pub const ")?.split_once(':')?;
            rest.trim().starts_with('u').then_some(name)
        });
        for name in declared {
            assert!(
                known.contains_key(&format!("{module}::{name}")),
                "add {module}::{name} to tests/abi/golden/numbers.rs, so that it is recorded"
            );
        }
    }
}
