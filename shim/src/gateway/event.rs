//! The members of an event, as they stand in its text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What an HTTP event may have on its first level. Read in one pass: nothing is copied but a body
/// with escapes in it, and nothing is looked into that may not be needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub(super) version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) resource: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) route_key: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) http_method: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) path: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) raw_path: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) raw_query_string: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) multi_value_query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) multi_value_headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) cookies: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) path_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) stage_variables: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) request_context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) body: Text<'a>,
    #[serde(borrow)]
    pub(super) is_base64_encoded: Option<&'a RawValue>,
    /// Of a question to a Lambda authorizer.
    #[serde(borrow)]
    pub(super) method_arn: Option<&'a RawValue>,
    /// As above, in payload format 2.0.
    #[serde(borrow)]
    pub(super) route_arn: Option<&'a RawValue>,
}

/// What says whose event it is, in `requestContext`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestContext<'a> {
    #[serde(borrow)]
    pub(super) http: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) elb: Option<&'a RawValue>,
    /// Of a WebSocket.
    #[serde(borrow)]
    pub(super) connection_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) stage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) domain_name: Option<&'a RawValue>,
}

/// `requestContext.http`
#[derive(Deserialize, Default)]
pub(super) struct Http<'a> {
    #[serde(borrow)]
    pub(super) method: Option<&'a RawValue>,
}

/// The string that a member holds; `None` if it holds anything else.
pub(super) fn text(member: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let json = member?.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// A member that should be a string.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// Absent, or `null`.
    #[default]
    Absent,
    /// A string: a piece of the event where it has no escapes.
    Str(Cow<'a, str>),
    /// Anything else.
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text::Str(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text::Str(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Text::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Text::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Text::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }
}
