//! The waist's invocation in the form that crosses.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use abi_stable::std_types::{ROption, RSlice, RStr, RVec};
use arrayvec::ArrayVec;
use bytes::Bytes;
use futures_core::Stream;
use http::Version;
use plugin_api_abi::bytes::AbiBytes;
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::stream::{AbiChunk, AbiStream};
use plugin_api_abi::types::{
    AbiCall, AbiHeader, AbiRequest, KIND_EVENT, KIND_HTTP, PLACE_INLINE, PLACE_RUNTIME,
    PLACE_THREAD,
};

use crate::invocation::{Body, BoxBody, Invocation, Payload};

/// The settings of a function that its handler may see.
#[derive(Debug, Clone, Default)]
pub struct FunctionSettings {
    /// The name under which the handler is served.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its ARN; empty where there is no such thing.
    pub arn: String,
    /// Its memory limit in MiB; 0: none.
    pub memory_limit_mb: u32,
    /// Its settings (`--env`), in the order given.
    pub vars: Vec<(String, String)>,
}

impl FunctionSettings {
    pub(super) fn to_fields(&self) -> RVec<u8> {
        let mut fields = FieldsWriter::default();
        fields.put(tag::FUNCTION_NAME, self.name.as_bytes());
        fields.put(tag::FUNCTION_VERSION, self.version.as_bytes());
        fields.put(tag::FUNCTION_ARN, self.arn.as_bytes());
        fields.put(tag::MEMORY_LIMIT, &self.memory_limit_mb.to_le_bytes());
        for (name, value) in &self.vars {
            fields.put(tag::VAR_NAME, name.as_bytes());
            fields.put(tag::VAR_VALUE, value.as_bytes());
        }
        fields.finish()
    }
}

/// Where a run executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// First on the calling thread; what is not ready at once moves to the plugin's runtime.
    Inline,
    /// On the plugin's runtime.
    Runtime,
    /// On a thread of its own.
    Thread,
}

impl Place {
    fn number(self) -> u32 {
        match self {
            Self::Inline => PLACE_INLINE,
            Self::Runtime => PLACE_RUNTIME,
            Self::Thread => PLACE_THREAD,
        }
    }
}

/// Room for the head of an ordinary request, so that its list is allocated once.
const USUAL_HEAD: usize = 512;

/// A request without headers and body.
pub(super) type Spare = Option<Box<http::Request<Body>>>;

/// Turns an invocation into what crosses. The body is not copied. What is left of an HTTP request,
/// the room of its headers, may serve the response.
pub(super) fn request(
    invocation: &mut Invocation,
    place: Place,
    deadline: Option<u64>,
) -> (AbiRequest, Spare) {
    let mut fields = FieldsWriter::with_capacity(USUAL_HEAD);
    put_context(&mut fields, invocation);
    let mut spare = None;
    let (kind, body) = match take_payload(invocation) {
        Payload::Event(event) => (KIND_EVENT, Body::from(event)),
        Payload::Http(mut request) => {
            put_head(&mut fields, &request);
            request.headers_mut().clear();
            let body = std::mem::take(request.body_mut());
            spare = Some(request);
            (KIND_HTTP, body)
        }
    };
    let (body, stream) = crossing(body);
    let request = AbiRequest {
        kind,
        place: place.number(),
        // 0 stands for none.
        deadline_unix_ms: deadline.map_or(0, |at| at.max(1)),
        fields: fields.finish(),
        body,
        stream,
    };
    (request, spare)
}

/// How many headers are lent without an allocation.
const USUAL_HEADERS: usize = 32;

/// The most that the room for the context of an invocation may take to be kept for the next one, in
/// bytes.
const KEPT_CONTEXT: usize = 4096;

thread_local! {
    /// Room for the context of the next invocation.
    static CONTEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends an invocation to `call`, but for its body, which goes over. What is left of an HTTP request
/// may serve the response, as with [`request`].
pub(super) fn lend<T>(
    invocation: &mut Invocation,
    deadline: Option<u64>,
    call: impl FnOnce(&mut AbiCall<'_>) -> T,
) -> (T, Spare) {
    let mut context = FieldsWriter::reusing(CONTEXT.take());
    put_context(&mut context, invocation);
    // 0 stands for none.
    let deadline = deadline.map_or(0, |at| at.max(1));
    let called = match take_payload(invocation) {
        Payload::Event(event) => (lend_event(&context, event, deadline, call), None),
        Payload::Http(mut request) => {
            let body = std::mem::take(request.body_mut());
            let called = lend_http(&context, &request, body, deadline, call);
            request.headers_mut().clear();
            (called, Some(request))
        }
    };
    let room = context.into_room();
    if room.capacity() <= KEPT_CONTEXT {
        CONTEXT.set(room);
    }
    called
}

fn lend_event<T>(
    context: &FieldsWriter,
    event: Bytes,
    deadline: u64,
    call: impl FnOnce(&mut AbiCall<'_>) -> T,
) -> T {
    call(&mut AbiCall {
        kind: KIND_EVENT,
        version: 0,
        deadline_unix_ms: deadline,
        fields: context.as_slice().into(),
        method: RStr::empty(),
        uri: RStr::empty(),
        headers: RSlice::EMPTY,
        body: event.into(),
        stream: ROption::RNone,
    })
}

fn lend_http<T>(
    context: &FieldsWriter,
    head: &http::Request<Body>,
    body: Body,
    deadline: u64,
    call: impl FnOnce(&mut AbiCall<'_>) -> T,
) -> T {
    let absolute;
    let uri = match (head.uri().scheme(), head.uri().path_and_query()) {
        (None, Some(path)) => path.as_str(),
        _ => {
            absolute = head.uri().to_string();
            &absolute
        }
    };
    let headers = head.headers().iter().map(|(name, value)| AbiHeader {
        name: name.as_str().into(),
        value: value.as_bytes().into(),
    });
    let (mut few, mut many) = (ArrayVec::<_, USUAL_HEADERS>::new(), Vec::new());
    let headers = if head.headers().len() <= USUAL_HEADERS {
        few.extend(headers);
        &*few
    } else {
        many.extend(headers);
        &*many
    };
    let (body, stream) = crossing(body);
    call(&mut AbiCall {
        kind: KIND_HTTP,
        version: version(head.version()).into(),
        deadline_unix_ms: deadline,
        fields: context.as_slice().into(),
        method: head.method().as_str().into(),
        uri: uri.into(),
        headers: headers.into(),
        body,
        stream,
    })
}

fn put_context(fields: &mut FieldsWriter, invocation: &Invocation) {
    fields.put(tag::REQUEST_ID, invocation.id.as_bytes());
    fields.put_option(tag::TRACE_ID, invocation.trace_id.as_deref());
    if let Some(caller) = &invocation.caller {
        fields.put_option(tag::FUNCTION_ARN, caller.arn.as_deref());
        fields.put_option(tag::CLIENT_CONTEXT, caller.client_context.as_deref());
        fields.put_option(tag::COGNITO_IDENTITY, caller.cognito_identity.as_deref());
        fields.put_option(tag::TENANT_ID, caller.tenant_id.as_deref());
        fields.put_option(tag::GATEWAY_EVENT, caller.gateway_event.as_deref());
    }
}

fn take_payload(invocation: &mut Invocation) -> Payload {
    std::mem::replace(&mut invocation.payload, Payload::Event(Bytes::new()))
}

/// A body in the form that crosses.
fn crossing(body: Body) -> (AbiBytes, ROption<AbiStream>) {
    match body {
        Body::Empty => (AbiBytes::empty(), ROption::RNone),
        Body::Full(bytes) => (bytes.into(), ROption::RNone),
        Body::Stream(body) => {
            let stream = AbiStream::new(Chunks(Some(body)));
            (AbiBytes::empty(), ROption::RSome(stream))
        }
    }
}

fn version(version: Version) -> u8 {
    match version {
        Version::HTTP_09 => 9,
        Version::HTTP_10 => 10,
        Version::HTTP_2 => 20,
        Version::HTTP_3 => 30,
        _ => 11,
    }
}

fn put_head(fields: &mut FieldsWriter, head: &http::Request<Body>) {
    fields.put(tag::METHOD, head.method().as_str().as_bytes());
    match (head.uri().scheme(), head.uri().path_and_query()) {
        (None, Some(path)) => fields.put(tag::URI, path.as_str().as_bytes()),
        _ => fields.put(tag::URI, head.uri().to_string().as_bytes()),
    }
    fields.put(tag::VERSION, &[version(head.version())]);
    for (name, value) in head.headers() {
        fields.put(tag::HEADER_NAME, name.as_str().as_bytes());
        fields.put(tag::HEADER_VALUE, value.as_bytes());
    }
}

/// A request's body as the plugin pulls it.
struct Chunks(Option<BoxBody>);

impl Stream for Chunks {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        loop {
            let Some(body) = &mut self.0 else {
                return Poll::Ready(None);
            };
            match std::task::ready!(body.as_mut().poll_frame(cx)) {
                // Trailers of a request are not passed on.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(AbiChunk::data(data))),
                    Err(_) => continue,
                },
                Some(Err(error)) => {
                    self.0 = None;
                    let chunk = AbiChunk::error("RequestBody", &error.to_string());
                    return Poll::Ready(Some(chunk));
                }
                None => {
                    self.0 = None;
                    return Poll::Ready(None);
                }
            }
        }
    }
}
