//! From an invocation's bytes to the handler's types and back.
//!
//! `EventType` and `ResponseType` have a marker parameter, which the compiler infers: it lets one
//! trait cover "anything that deserialises" as well as the few types that stand for themselves.

use std::any::type_name;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri, Version};
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::glue::entry::{Request, Response, ResponseBody};
use plugin_api_abi::types::{FLAG_BYTES, FLAG_BYTES_RESPONSE, FLAG_HTTP, KIND_EVENT, KIND_HTTP};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Body, Error};

/// Marker: JSON.
pub enum Json {}
/// Marker: any bytes.
pub enum Raw {}
/// Marker: HTTP.
pub enum Web {}

/// A type that a handler can take as its event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the event of a handler",
    label = "not a type that can be made from an event",
    note = "an event is a type that implements `serde::Deserialize` (and owns its data), `plugin_api::Bytes`, or `http::Request<plugin_api::Body>`",
    note = "add `#[derive(serde::Deserialize)]` to your own type"
)]
pub trait EventType<M>: Sized {
    /// The `FLAG_…` bits that follow from the type.
    const FLAGS: u64;
    /// What the plugin's record says of it.
    const KIND: &'static str;
    /// Makes the event.
    fn from_request(request: Request) -> Result<Self, Error>;
}

/// A type that a handler can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the response of a handler",
    label = "not a type that can be turned into a response",
    note = "a response is a type that implements `serde::Serialize`, `plugin_api::Bytes`, `plugin_api::Body`, or `http::Response<plugin_api::Body>`",
    note = "add `#[derive(serde::Serialize)]` to your own type"
)]
pub trait ResponseType<M>: Sized {
    /// The `FLAG_…` bits that follow from the type.
    const FLAGS: u64;
    /// Turns the response into what crosses.
    fn into_response(self) -> Result<Response, Error>;
}

/// Makes a handler's event.
pub fn decode<T: EventType<M>, M>(request: Request) -> Result<T, Error> {
    T::from_request(request)
}

/// Turns a handler's response into what crosses.
pub fn respond<T: ResponseType<M>, M>(response: T) -> Result<Response, Error> {
    response.into_response()
}

/// Turns what a fallible handler returned into what crosses.
pub fn respond_result<T: ResponseType<M>, E: Into<Error>, M>(
    result: Result<T, E>,
) -> Result<Response, Error> {
    result.map_err(Into::into)?.into_response()
}

impl<T: DeserializeOwned> EventType<Json> for T {
    const FLAGS: u64 = 0;
    const KIND: &'static str = "json";

    fn from_request(request: Request) -> Result<Self, Error> {
        serde_json::from_slice(&request.body).map_err(|error| {
            Error::bad_event(format_args!(
                "cannot make a `{}` from the event: {error}",
                type_name::<T>()
            ))
        })
    }
}

impl EventType<Raw> for Bytes {
    const FLAGS: u64 = FLAG_BYTES;
    const KIND: &'static str = "bytes";

    fn from_request(request: Request) -> Result<Self, Error> {
        Ok(request.body)
    }
}

impl EventType<Web> for http::Request<Body> {
    const FLAGS: u64 = FLAG_HTTP;
    const KIND: &'static str = "http";

    fn from_request(request: Request) -> Result<Self, Error> {
        let body = match request.stream {
            Some(stream) => Body::from_chunks(stream),
            None => Body::from(request.body),
        };
        let mut http = http::Request::new(body);
        let mut name = None;
        for (found, value) in request.invocation.fields.iter_shared() {
            match found {
                tag::METHOD => *http.method_mut() = parsed(Method::from_bytes(&value))?,
                tag::URI => *http.uri_mut() = parsed(Uri::from_maybe_shared(value))?,
                tag::VERSION => *http.version_mut() = version(&value),
                tag::HEADER_NAME => name = Some(parsed(HeaderName::from_bytes(&value))?),
                tag::HEADER_VALUE => {
                    if let Some(name) = name.take() {
                        let value = parsed(HeaderValue::from_maybe_shared(value))?;
                        http.headers_mut().append(name, value);
                    }
                }
                _ => {}
            }
        }
        Ok(http)
    }
}

fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Error> {
    result.map_err(|error| Error::bad_event(format_args!("cannot read the request: {error}")))
}

fn version(value: &[u8]) -> Version {
    match value {
        [9] => Version::HTTP_09,
        [10] => Version::HTTP_10,
        [20] => Version::HTTP_2,
        [30] => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

impl<T: Serialize> ResponseType<Json> for T {
    const FLAGS: u64 = 0;

    fn into_response(self) -> Result<Response, Error> {
        let json = serde_json::to_vec(&self).map_err(|error| {
            let what = type_name::<T>();
            Error::new(
                "InvalidResponse",
                format_args!("cannot turn `{what}` into JSON: {error}"),
            )
        })?;
        Ok(event_response(ResponseBody::Full(json.into())))
    }
}

impl ResponseType<Raw> for Bytes {
    const FLAGS: u64 = FLAG_BYTES_RESPONSE;

    fn into_response(self) -> Result<Response, Error> {
        Ok(event_response(ResponseBody::Full(self)))
    }
}

impl ResponseType<Raw> for Body {
    const FLAGS: u64 = FLAG_BYTES_RESPONSE;

    fn into_response(self) -> Result<Response, Error> {
        Ok(event_response(self.into_abi()))
    }
}

impl<B: Into<Body>> ResponseType<Web> for http::Response<B> {
    const FLAGS: u64 = FLAG_HTTP;

    fn into_response(self) -> Result<Response, Error> {
        let (head, body) = self.into_parts();
        let mut fields = FieldsWriter::with_capacity(128);
        fields.put(tag::STATUS, &head.status.as_u16().to_le_bytes());
        for (name, value) in &head.headers {
            fields.put(tag::HEADER_NAME, name.as_str().as_bytes());
            fields.put(tag::HEADER_VALUE, value.as_bytes());
        }
        Ok(Response {
            kind: KIND_HTTP,
            fields,
            body: body.into().into_abi(),
        })
    }
}

fn event_response(body: ResponseBody) -> Response {
    Response {
        kind: KIND_EVENT,
        fields: FieldsWriter::default(),
        body,
    }
}
