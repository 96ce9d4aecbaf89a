//! From an event to the request that it stands for.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};

use super::event::Event;
use super::{Form, NotHttp, body, context, headers, kind, target};
use crate::invocation::{Body, Invocation, Payload};

const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// An event that stands for an HTTP request.
#[derive(Debug)]
pub struct HttpEvent {
    /// The request, with a whole body. Its target is path and query; the host is in its headers.
    pub request: Request<Body>,
    /// Whose event it is; the response goes back in the same form.
    pub form: Form,
    /// The event as JSON text without body, headers, cookies and query.
    pub context: String,
}

/// Reads `event`: payload format 1.0 (REST APIs), 2.0 (HTTP APIs, function URLs), or that of an
/// Application Load Balancer.
///
/// Values and the text of a body stay pieces of `event` where that has no escapes. With
/// `ignore_stage` paths come without the stage of the API (see [`IGNORE_STAGE`](super::IGNORE_STAGE)).
///
/// # Errors
/// It is none of them, or a member has not the form that it must have.
pub fn request(event: &Bytes, ignore_stage: bool) -> Result<HttpEvent, NotHttp> {
    let text = std::str::from_utf8(event).map_err(NotHttp::not_utf8)?;
    // Else a list would be taken for the members in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(NotHttp::no_object(text));
    }
    let mut members: Event<'_> = serde_json::from_str(text).map_err(NotHttp::not_json)?;
    let (form, request_context) = kind::of(&members).map_err(|error| error.with_found(text))?;
    let method = kind::method(form, &members, &request_context)?;
    let uri = target::uri(form, &members, &request_context, ignore_stage)?;
    let body = body::body(&mut members, event)?;
    let headers = headers::headers(form, &members, &request_context, event, body.len())?;
    let context = context::context(&members);
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(HttpEvent {
        request,
        form,
        context,
    })
}

impl HttpEvent {
    /// Makes the request the payload of `invocation`, and the rest what its handler may know of its
    /// caller. The trace is that of the invocation, which the gateway's goes on in.
    #[must_use = "the response goes back in this form"]
    pub fn hand_over(mut self, invocation: &mut Invocation) -> Form {
        let trace_id = invocation.trace_id.as_deref();
        if let Some(Ok(trace_id)) = trace_id.map(HeaderValue::from_str) {
            // There is room for it: a map that is full was refused.
            let _ = self.request.headers_mut().try_insert(TRACE_ID, trace_id);
        }
        invocation.payload = Payload::Http(Box::new(self.request));
        let caller = invocation.caller.get_or_insert_default();
        Arc::make_mut(caller).gateway_event = Some(self.context);
        self.form
    }
}
