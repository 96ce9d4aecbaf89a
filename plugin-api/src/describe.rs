//! What a handler says of its types before it runs: the empty response, and JSON schemas.
//!
//! A type says what it can: one without `Default` has no empty value, one without `JsonSchema` no
//! schema. Which of them a type has is known only where `#[handler]` stands, so [`__describe!`] lets
//! method resolution choose there: it takes the first of several traits that applies to a chain of
//! references to [`Of`], the outermost first.
//!
//! [`__describe!`]: crate::__describe

use std::marker::PhantomData;

use bytes::Bytes;
use plugin_api_abi::fields::{FieldsWriter, tag};
use serde::Serialize;

use crate::Body;

/// Stands for a type.
pub struct Of<T>(PhantomData<fn() -> T>);

impl<T> Of<T> {
    /// The one for `T`.
    pub const TYPE: Self = Self(PhantomData);
}

/// The empty value of what is no JSON.
pub trait EmptyOfKind {
    /// Appends it.
    fn put_empty(&self, fields: &mut FieldsWriter);
}

/// The empty value behind a `Result` under another name.
pub trait EmptyOfFallible {
    /// Appends it.
    fn put_empty(&self, fields: &mut FieldsWriter);
}

/// The empty value of a type that has one.
pub trait EmptyOfDefault {
    /// Appends it.
    fn put_empty(&self, fields: &mut FieldsWriter);
}

/// There is none.
pub trait NoEmpty {
    /// Appends nothing.
    fn put_empty(&self, _: &mut FieldsWriter) {}
}

impl EmptyOfKind for &&&Of<Bytes> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_no_bytes(fields);
    }
}

impl EmptyOfKind for &&&Of<Body> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_no_bytes(fields);
    }
}

impl<B> EmptyOfKind for &&&Of<http::Response<B>> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_ok(fields);
    }
}

impl<E> EmptyOfKind for &&&Of<Result<Bytes, E>> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_no_bytes(fields);
    }
}

impl<E> EmptyOfKind for &&&Of<Result<Body, E>> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_no_bytes(fields);
    }
}

impl<B, E> EmptyOfKind for &&&Of<Result<http::Response<B>, E>> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_ok(fields);
    }
}

impl<T: Default + Serialize, E> EmptyOfFallible for &&Of<Result<T, E>> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_default::<T>(fields);
    }
}

impl<T: Default + Serialize> EmptyOfDefault for &Of<T> {
    fn put_empty(&self, fields: &mut FieldsWriter) {
        put_default::<T>(fields);
    }
}

impl<T> NoEmpty for Of<T> {}

fn put_no_bytes(fields: &mut FieldsWriter) {
    fields.put(tag::EMPTY_RESPONSE, b"");
}

fn put_ok(fields: &mut FieldsWriter) {
    let ok = http::StatusCode::OK.as_u16();
    fields.put(tag::STATUS, &ok.to_le_bytes());
    put_no_bytes(fields);
}

/// A value that cannot be serialised is none.
fn put_default<T: Default + Serialize>(fields: &mut FieldsWriter) {
    if let Ok(json) = serde_json::to_vec(&T::default()) {
        fields.put(tag::EMPTY_RESPONSE, &json);
    }
}

/// Which side of a type a schema is of: what goes in may have other rules than what comes out.
#[derive(Clone, Copy)]
pub enum Side {
    /// As the event.
    Event,
    /// As the response.
    Response,
}

/// The schema behind a `Result` under another name.
pub trait SchemaOfFallible {
    /// As JSON text.
    fn schema(&self, side: Side) -> Option<Vec<u8>>;
}

/// The schema of a type that has one.
pub trait SchemaOfType {
    /// As JSON text.
    fn schema(&self, side: Side) -> Option<Vec<u8>>;
}

/// There is none.
pub trait NoSchema {
    /// Nothing.
    fn schema(&self, _: Side) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema, E> SchemaOfFallible for &&Of<Result<T, E>> {
    fn schema(&self, side: Side) -> Option<Vec<u8>> {
        schema_of::<T>(side)
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> SchemaOfType for &Of<T> {
    fn schema(&self, side: Side) -> Option<Vec<u8>> {
        schema_of::<T>(side)
    }
}

impl<T> NoSchema for Of<T> {}

#[cfg(feature = "schema")]
fn schema_of<T: schemars::JsonSchema>(side: Side) -> Option<Vec<u8>> {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let settings = match side {
        Side::Event => settings.for_deserialize(),
        Side::Response => settings.for_serialize(),
    };
    let schema = settings.into_generator().into_root_schema_for::<T>();
    serde_json::to_vec(&schema).ok()
}

/// Appends the schema of an event, if there is one.
pub fn put_event_schema(fields: &mut FieldsWriter, schema: impl FnOnce(Side) -> Option<Vec<u8>>) {
    if let Some(json) = schema(Side::Event) {
        fields.put(tag::EVENT_SCHEMA, &json);
    }
}

/// Appends the schema of a response, if there is one.
pub fn put_response_schema(
    fields: &mut FieldsWriter,
    schema: impl FnOnce(Side) -> Option<Vec<u8>>,
) {
    if let Some(json) = schema(Side::Response) {
        fields.put(tag::RESPONSE_SCHEMA, &json);
    }
}

/// The functions that say what is known of the types of a handler.
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
    (event: $event:ty, response: $response:ty $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            EmptyOfDefault as _, EmptyOfFallible as _, EmptyOfKind as _, NoEmpty as _,
            NoSchema as _, SchemaOfFallible as _, SchemaOfType as _,
        };
        &[
            |fields| (&&&&$crate::__private::Of::<$response>::TYPE).put_empty(fields),
            |fields| {
                $crate::__private::put_response_schema(fields, |side| {
                    (&&&$crate::__private::Of::<$response>::TYPE).schema(side)
                })
            },
            |fields| {
                $crate::__private::put_event_schema(fields, |side| {
                    (&&&$crate::__private::Of::<$event>::TYPE).schema(side)
                })
            },
        ]
    }};
}
