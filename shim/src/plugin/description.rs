//! What a handler says of its types before it runs.

use bytes::Bytes;
use plugin_api_abi::fields::{Fields, tag};
use plugin_api_abi::types::FLAG_BYTES_RESPONSE;
use serde_json::Value;

use super::handler;
use crate::invocation::Accepts;

/// The longest empty value that is kept, in bytes: as long as AWS Lambda's longest response.
const MAX_EMPTY: usize = 6 << 20;

/// The longest schema that is kept, in bytes.
const MAX_SCHEMA: usize = 1 << 20;

/// What is known of a handler without running it: its kinds, the errors that it declares, the empty
/// value of its response, and the JSON schemas of its types, as far as they have any.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// What it takes.
    pub accepts: Accepts,
    /// What it answers with.
    pub response: ResponseKind,
    /// The empty value of its response: JSON, or bytes, or the body of an empty 200. `None`: its
    /// type has no `Default`.
    pub empty_response: Option<Bytes>,
    /// The JSON schema of its response. `None`: the response is no JSON, or its type has none.
    pub response_schema: Option<Value>,
    /// The JSON schema of its event, likewise.
    pub event_schema: Option<Value>,
    /// The names of the errors that it declares.
    pub errors: Vec<String>,
}

/// What a handler answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// JSON.
    Json,
    /// Any bytes.
    Bytes,
    /// An HTTP response.
    Http,
}

impl Description {
    /// From the flags of a handler's table, what its `describe` said, and the errors of its record.
    /// Nothing of it is trusted: what cannot be used is left out, with a line in the log.
    pub(super) fn new(flags: u64, said: &Fields, errors: Vec<String>) -> Self {
        let accepts = handler::accepts(flags);
        let response = if said.get(tag::STATUS).is_some() {
            ResponseKind::Http
        } else if flags & FLAG_BYTES_RESPONSE != 0 {
            ResponseKind::Bytes
        } else {
            ResponseKind::Json
        };
        let json_event = matches!(accepts, Accepts::Event { json: true, .. });
        let json_response = response == ResponseKind::Json;
        let empty = said.get(tag::EMPTY_RESPONSE);
        let empty = empty.filter(|value| fits("empty response", value, MAX_EMPTY));
        let schema = |wanted: bool, tag: u16, what: &str| {
            let text = said.get(tag).filter(|_| wanted);
            text.and_then(|text| schema(what, text))
        };
        Self {
            accepts,
            response,
            // A copy: the plugin's buffer holds the schemas too.
            empty_response: empty.map(Bytes::copy_from_slice),
            response_schema: schema(json_response, tag::RESPONSE_SCHEMA, "response schema"),
            event_schema: schema(json_event, tag::EVENT_SCHEMA, "event schema"),
            errors,
        }
    }
}

fn schema(what: &str, text: &[u8]) -> Option<Value> {
    if !fits(what, text, MAX_SCHEMA) {
        return None;
    }
    let schema = serde_json::from_slice(text);
    schema
        .inspect_err(|error| tracing::warn!("the {what} of the handler is no JSON: {error}"))
        .ok()
}

fn fits(what: &str, value: &[u8], limit: usize) -> bool {
    let len = value.len();
    if len > limit {
        tracing::warn!("the {what} of the handler has {len} bytes, at most {limit} are used");
    }
    len <= limit
}

#[cfg(test)]
mod tests {
    use plugin_api_abi::fields::{Fields, FieldsWriter, tag};
    use plugin_api_abi::types::{FLAG_BLOCKING, FLAG_BYTES_RESPONSE, FLAG_HTTP};

    use super::{Accepts, Description, MAX_EMPTY, MAX_SCHEMA, ResponseKind};

    fn described(flags: u64, said: &[(u16, &[u8])]) -> Description {
        let mut fields = FieldsWriter::default();
        for (tag, value) in said {
            fields.put(*tag, value);
        }
        Description::new(flags, &Fields::new(fields.finish()), Vec::new())
    }

    #[test]
    fn a_handler_that_says_nothing_has_its_kinds_only() {
        let nothing = described(0, &[]);
        assert_eq!(nothing.response, ResponseKind::Json);
        let json = Accepts::Event {
            json: true,
            json_response: true,
        };
        assert_eq!(nothing.accepts, json);
        assert_eq!(nothing.empty_response, None);
        assert_eq!(
            (nothing.response_schema, nothing.event_schema),
            (None, None)
        );
    }

    #[test]
    fn what_it_says_is_kept() {
        let said: [(u16, &[u8]); 4] = [
            (tag::EMPTY_RESPONSE, b"{\"a\":0}"),
            (tag::RESPONSE_SCHEMA, b"{\"type\":\"object\"}"),
            (tag::EVENT_SCHEMA, b"true"),
            (60_000, b"from a newer version"),
        ];
        let description = described(0, &said);
        assert_eq!(
            description.empty_response.as_deref(),
            Some(&b"{\"a\":0}"[..])
        );
        assert_eq!(description.response_schema.unwrap()["type"], "object");
        assert_eq!(description.event_schema, Some(true.into()));
    }

    #[test]
    fn a_status_makes_it_a_web_response_whatever_comes_in() {
        let said: [(u16, &[u8]); 3] = [
            (tag::STATUS, &[200, 0]),
            (tag::EMPTY_RESPONSE, b""),
            (tag::RESPONSE_SCHEMA, b"true"),
        ];
        for flags in [0, FLAG_HTTP | FLAG_BLOCKING] {
            let description = described(flags, &said);
            assert_eq!(description.response, ResponseKind::Http);
            assert_eq!(description.empty_response.as_deref(), Some(&b""[..]));
            assert_eq!(description.response_schema, None);
        }
        let web_to_json = described(FLAG_HTTP, &[]);
        assert_eq!(web_to_json.response, ResponseKind::Json);
        let web_to_bytes = described(FLAG_HTTP | FLAG_BYTES_RESPONSE, &[]);
        assert_eq!(web_to_bytes.response, ResponseKind::Bytes);
    }

    #[test]
    fn what_cannot_be_used_is_left_out() {
        let long = vec![b' '; MAX_EMPTY + 1];
        let said: [(u16, &[u8]); 3] = [
            (tag::EMPTY_RESPONSE, &long),
            (tag::RESPONSE_SCHEMA, &long[..=MAX_SCHEMA]),
            (tag::EVENT_SCHEMA, b"{"),
        ];
        assert_eq!(described(0, &said), described(0, &[]));
    }
}
