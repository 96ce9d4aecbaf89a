//! From an invocation's bytes to the handler's types and back.
//!
//! `EventType` and `ResponseType` have a marker parameter, which the compiler infers: it lets one
//! trait cover "anything that deserialises" as well as the few types that stand for themselves.
//! `Bytes` may be both, if some crate turns on the `serde` feature of `bytes`; what it means here
//! must not depend on that, so [`EventOf`] and [`marker`](crate::marker) settle its marker.

use std::any::type_name;
use std::cell::Cell;
use std::marker::PhantomData;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::glue::entry::{Entry, Request, Response, ResponseBody};
use plugin_api_abi::glue::head::Head;
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
/// Marker: a `Result` under another name, with the marker of its `Ok`.
pub struct Fallible<M>(PhantomData<M>);

/// Names the marker of an event type: `EventOf::<T>::MARKER`. What stands on the type itself comes
/// before what stands on a trait.
pub struct EventOf<T>(PhantomData<T>);

impl EventOf<Bytes> {
    /// Bytes are bytes.
    pub const MARKER: PhantomData<Raw> = PhantomData;
}

/// The marker of all other types: whatever fits.
pub trait AnyMarker<M> {
    /// To be inferred.
    const MARKER: PhantomData<M> = PhantomData;
}
impl<T, M> AnyMarker<M> for EventOf<T> {}

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
    /// Makes the event.
    fn from_request(request: Request<'_>) -> Result<Self, Error>;
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

/// An error that a handler can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a handler",
    label = "does not turn into `plugin_api::Error`",
    note = "an error is a type that implements `std::error::Error`, `anyhow::Error`, `String`, or a type of yours with `impl From<{Self}> for plugin_api::Error`"
)]
pub trait ErrorType: Into<Error> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> ErrorType for E {}

/// How a handler's event is made.
pub struct EventCodec<T> {
    /// The `FLAG_…` bits that follow from the type.
    pub flags: u64,
    /// Makes it.
    pub decode: fn(Request<'_>) -> Result<T, Error>,
}

/// How a handler's response is turned into what crosses.
pub struct ResponseCodec<T> {
    /// The `FLAG_…` bits that follow from the type.
    pub flags: u64,
    /// Turns it.
    pub encode: fn(T) -> Result<Response, Error>,
}

/// The codec of an event type.
pub const fn event<T: EventType<M>, M>(_: PhantomData<M>) -> EventCodec<T> {
    EventCodec {
        flags: T::FLAGS,
        decode: T::from_request,
    }
}

/// Turns what a handler failed with into our error.
pub fn fallible<T, E: ErrorType>(result: Result<T, E>) -> Result<T, Error> {
    result.map_err(Into::into)
}

/// What the plugin's record says of a handler's event type.
pub const fn event_kind<E: Entry>() -> &'static str {
    if E::FLAGS & FLAG_HTTP != 0 {
        "http"
    } else if E::FLAGS & FLAG_BYTES != 0 {
        "bytes"
    } else {
        "json"
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> EventType<Json> for T {
    const FLAGS: u64 = 0;

    fn from_request(request: Request<'_>) -> Result<Self, Error> {
        // No event at all is the JSON that stands for nothing.
        let nothing = request.body.is_empty();
        let json = if nothing { b"null" } else { &*request.body };
        let wanted = type_name::<T>;
        // JSON is UTF-8. Checked as a whole, its strings need no checks of their own.
        let json = std::str::from_utf8(json).map_err(|error| {
            let wanted = wanted();
            Error::bad_event(format_args!(
                "cannot make a `{wanted}` from the event: it is not UTF-8: {error}"
            ))
        })?;
        serde_json::from_str(json).map_err(|error| {
            let wanted = wanted();
            if nothing {
                Error::bad_event(format_args!("the event is empty, expected a `{wanted}`"))
            } else {
                Error::bad_event(format_args!(
                    "cannot make a `{wanted}` from the event: {error}"
                ))
            }
        })
    }
}

/// The event of a handler that takes none: anything goes, and is dropped unread. So it is described
/// as bytes: a host whose protocol knows JSON only has to check it by itself.
pub struct NoEvent;

impl EventType<Raw> for NoEvent {
    const FLAGS: u64 = FLAG_BYTES;

    fn from_request(_: Request<'_>) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl EventType<Raw> for Bytes {
    const FLAGS: u64 = FLAG_BYTES;

    fn from_request(request: Request<'_>) -> Result<Self, Error> {
        Ok(request.body.into())
    }
}

impl EventType<Web> for http::Request<Body> {
    const FLAGS: u64 = FLAG_HTTP;

    fn from_request(request: Request<'_>) -> Result<Self, Error> {
        let Request {
            invocation,
            body,
            stream,
        } = request;
        let body = match stream {
            Some(stream) => Body::from_chunks(stream),
            None => Body::from(Bytes::from(body)),
        };
        let mut http = http::Request::new(body);
        invocation.head(|head| read_head(head, &mut http))?;
        Ok(http)
    }
}

fn read_head(head: Head<'_>, http: &mut http::Request<Body>) -> Result<(), Error> {
    // What a new request has goes without saying.
    if !matches!(head.method, b"GET" | b"") {
        *http.method_mut() = parsed(Method::from_bytes(head.method))?;
    }
    if !matches!(head.uri, b"/" | b"") {
        *http.uri_mut() = parsed(Uri::try_from(head.uri))?;
    }
    *http.version_mut() = match head.version {
        9 => Version::HTTP_09,
        10 => Version::HTTP_10,
        20 => Version::HTTP_2,
        30 => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    let headers = http.headers_mut();
    for (name, value) in head.headers {
        headers.append(header_name(name)?, parsed(HeaderValue::from_bytes(value))?);
    }
    Ok(())
}

/// Those that nearly all requests have are found in less time than a name is examined.
fn header_name(name: &[u8]) -> Result<HeaderName, Error> {
    Ok(match name {
        b"accept" => header::ACCEPT,
        b"accept-encoding" => header::ACCEPT_ENCODING,
        b"accept-language" => header::ACCEPT_LANGUAGE,
        b"authorization" => header::AUTHORIZATION,
        b"cache-control" => header::CACHE_CONTROL,
        b"connection" => header::CONNECTION,
        b"content-length" => header::CONTENT_LENGTH,
        b"content-type" => header::CONTENT_TYPE,
        b"cookie" => header::COOKIE,
        b"host" => header::HOST,
        b"if-none-match" => header::IF_NONE_MATCH,
        b"origin" => header::ORIGIN,
        b"referer" => header::REFERER,
        b"user-agent" => header::USER_AGENT,
        other => parsed(HeaderName::from_bytes(other))?,
    })
}

fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, Error> {
    result.map_err(|error| Error::bad_event(format_args!("cannot read the request: {error}")))
}

thread_local! {
    /// The room that the last response needed that this thread has written as JSON: the next one, which
    /// is likely to be as long, has it from the start.
    static LAST: Cell<usize> = const { Cell::new(LEAST) };
}

/// The room that a response has at least and at most from the start, in bytes.
const LEAST: usize = 128;
const MOST: usize = 64 * 1024;

#[diagnostic::do_not_recommend]
impl<T: Serialize> ResponseType<Json> for T {
    const FLAGS: u64 = 0;

    fn into_response(self) -> Result<Response, Error> {
        let mut json = Vec::with_capacity(LAST.get());
        serde_json::to_writer(&mut json, &self).map_err(|error| {
            let what = type_name::<T>();
            Error::new(
                "InvalidResponse",
                format_args!("cannot turn `{what}` into JSON: {error}"),
            )
        })?;
        // A little longer will do, too.
        LAST.set((json.len() + json.len() / 8).clamp(LEAST, MOST));
        // Whoever keeps it, for another attempt at the call, counts its length and not its room.
        if json.len() < json.capacity() / 2 {
            json.shrink_to(json.len().max(LEAST));
        }
        Ok(event_response(ResponseBody::Full(json.into())))
    }
}

#[diagnostic::do_not_recommend]
impl<T: ResponseType<M>, E: Into<Error>, M> ResponseType<Fallible<M>> for Result<T, E> {
    const FLAGS: u64 = T::FLAGS;

    fn into_response(self) -> Result<Response, Error> {
        self.map_err(Into::into)?.into_response()
    }
}

impl ResponseType<Raw> for Bytes {
    const FLAGS: u64 = FLAG_BYTES_RESPONSE;

    fn into_response(self) -> Result<Response, Error> {
        Ok(event_response(ResponseBody::Full(self.into())))
    }
}

impl ResponseType<Raw> for Body {
    const FLAGS: u64 = FLAG_BYTES_RESPONSE;

    fn into_response(self) -> Result<Response, Error> {
        Ok(event_response(self.into_abi()))
    }
}

#[diagnostic::do_not_recommend]
impl<B: Into<Body>> ResponseType<Web> for http::Response<B> {
    const FLAGS: u64 = 0;

    fn into_response(self) -> Result<Response, Error> {
        let (head, body) = self.into_parts();
        let mut fields = FieldsWriter::default();
        if !head.headers.is_empty() {
            fields = FieldsWriter::with_capacity(128);
        }
        // 200 goes without saying.
        if head.status != StatusCode::OK {
            fields.put(tag::STATUS, &head.status.as_u16().to_le_bytes());
        }
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
