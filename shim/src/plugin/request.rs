//! The waist's invocation in the form that crosses.

use std::time::SystemTime;

use abi_stable::std_types::{ROption, RVec};
use bytes::Bytes;
use futures_core::Stream;
use http::Version;
use plugin_api_abi::fields::{FieldsWriter, tag};
use plugin_api_abi::stream::{AbiChunk, AbiStream};
use plugin_api_abi::types::{
    AbiRequest, KIND_EVENT, KIND_HTTP, PLACE_INLINE, PLACE_RUNTIME, PLACE_THREAD,
};
use std::pin::Pin;
use std::task::{Context, Poll};

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
    deadline: Option<SystemTime>,
) -> (AbiRequest, Spare) {
    let mut fields = FieldsWriter::with_capacity(USUAL_HEAD);
    fields.put(tag::REQUEST_ID, invocation.id.as_bytes());
    fields.put_option(tag::TRACE_ID, invocation.trace_id.as_deref());
    if let Some(caller) = &invocation.caller {
        fields.put_option(tag::FUNCTION_ARN, caller.arn.as_deref());
        fields.put_option(tag::CLIENT_CONTEXT, caller.client_context.as_deref());
        fields.put_option(tag::COGNITO_IDENTITY, caller.cognito_identity.as_deref());
        fields.put_option(tag::TENANT_ID, caller.tenant_id.as_deref());
        fields.put_option(tag::GATEWAY_EVENT, caller.gateway_event.as_deref());
    }
    let mut spare = None;
    let payload = std::mem::replace(&mut invocation.payload, Payload::Event(Bytes::new()));
    let (kind, body) = match payload {
        Payload::Event(event) => (KIND_EVENT, Body::from(event)),
        Payload::Http(mut request) => {
            put_head(&mut fields, &request);
            request.headers_mut().clear();
            let body = std::mem::take(request.body_mut());
            spare = Some(request);
            (KIND_HTTP, body)
        }
    };
    let (body, stream) = match body {
        Body::Empty => (Bytes::new(), ROption::RNone),
        Body::Full(bytes) => (bytes, ROption::RNone),
        Body::Stream(body) => (
            Bytes::new(),
            ROption::RSome(AbiStream::new(Chunks(Some(body)))),
        ),
    };
    let request = AbiRequest {
        kind,
        place: place.number(),
        deadline_unix_ms: deadline.map_or(0, millis),
        fields: fields.finish(),
        body: body.into(),
        stream,
    };
    (request, spare)
}

/// Milliseconds since 1970, rounded up: a handler that ends by itself when its deadline has passed
/// must not be in time.
fn millis(at: SystemTime) -> u64 {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = since.as_nanos().div_ceil(1_000_000);
    // 0 stands for none.
    u64::try_from(millis).unwrap_or(u64::MAX).max(1)
}

fn put_head(fields: &mut FieldsWriter, head: &http::Request<Body>) {
    fields.put(tag::METHOD, head.method().as_str().as_bytes());
    match (head.uri().scheme(), head.uri().path_and_query()) {
        (None, Some(path)) => fields.put(tag::URI, path.as_str().as_bytes()),
        _ => fields.put(tag::URI, head.uri().to_string().as_bytes()),
    }
    let version = match head.version() {
        Version::HTTP_09 => 9,
        Version::HTTP_10 => 10,
        Version::HTTP_2 => 20,
        Version::HTTP_3 => 30,
        _ => 11,
    };
    fields.put(tag::VERSION, &[version]);
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::millis;

    #[test]
    fn a_deadline_is_never_told_too_early() {
        let at = |nanos| millis(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos));
        let told = [0, 1, 1_000_000, 1_000_001, 1_999_999, 2_000_000].map(at);
        assert_eq!(told, [1, 1, 1, 2, 2, 2]);
    }
}
