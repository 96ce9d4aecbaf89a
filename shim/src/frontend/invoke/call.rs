//! The head of a call, read.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};

use super::api_error::ApiError;
use super::path::Operation;
use crate::frontend::seen::TRACE_ID;
use crate::frontend::trace;
use crate::invocation::{Caller, RequestId};

/// What is to be done with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Run the function and answer with what it returns.
    RequestResponse,
    /// Queue the event and answer at once.
    Event,
    /// Check that the function could be invoked.
    DryRun,
    /// Mock mode: answer with this error of those that the handler declares.
    Error(String),
}

/// A call of the API, but for its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) kind: Kind,
    /// The caller wants the end of the log.
    pub(super) tail: bool,
    pub(super) client_context: Option<String>,
    pub(super) tenant_id: Option<String>,
    /// Visible ASCII.
    pub(super) trace_id: Option<HeaderValue>,
    /// The same for all attempts of an SDK at one call.
    pub(super) attempts_id: Option<String>,
}

/// The longest client context, in bytes of base64.
const MAX_CLIENT_CONTEXT: usize = 3583;
/// The longest name of an attempt that is remembered.
const MAX_ATTEMPTS_ID: usize = 128;

const TENANT_PATTERN: &str = r"[a-zA-Z0-9\._:\/=+\-@ ]+";

impl Call {
    /// Reads the headers.
    ///
    /// # Errors
    /// One of them has a value that it cannot have.
    pub(super) fn read(operation: Operation, headers: &HeaderMap) -> Result<Self, ApiError> {
        let said = Said::read(headers);
        let kind = match operation {
            Operation::Async => Kind::Event,
            Operation::Invoke | Operation::Stream => kind(
                operation,
                text(said.kind).as_deref(),
                text(said.error).as_deref(),
            )?,
        };
        let tail = match text(said.log).as_deref() {
            None | Some("" | "None") => false,
            Some("Tail") => true,
            Some(other) => return Err(ApiError::not_in_set("logType", other, "None, Tail")),
        };
        Ok(Self {
            // Only who waits for the answer gets the log.
            tail: tail && matches!(kind, Kind::RequestResponse | Kind::Error(_)),
            client_context: text(said.client_context)
                .filter(|text| !text.is_empty())
                .map(|text| client_context(&text))
                .transpose()?,
            tenant_id: text(said.tenant_id)
                .map(|text| tenant_id(&text))
                .transpose()?,
            trace_id: said.trace_id.filter(|id| is_text(id)).cloned(),
            attempts_id: text(said.attempts_id)
                .filter(|id| !id.is_empty() && id.len() <= MAX_ATTEMPTS_ID)
                .map(Cow::into_owned),
            kind,
        })
    }

    /// Adds what the caller said to what the handler may know of it. The client context goes along
    /// with synchronous calls only.
    pub(super) fn tell(&mut self, caller: &mut Arc<Caller>) {
        if self.client_context.is_none() && self.tenant_id.is_none() {
            return;
        }
        let caller = Arc::make_mut(caller);
        caller.client_context = self.client_context.take();
        caller.tenant_id = self.tenant_id.take();
    }
}

/// The trace that a call belongs to which cannot be read: the caller's, or a new one.
pub(super) fn trace_id_of(headers: &HeaderMap, id: &RequestId) -> HeaderValue {
    let said = headers.get(TRACE_ID).filter(|id| is_text(id));
    said.map_or_else(|| trace::begin(id), HeaderValue::clone)
}

fn is_text(value: &HeaderValue) -> bool {
    value.to_str().is_ok()
}

/// The headers that mean something, the first of each name.
#[derive(Default)]
struct Said<'a> {
    kind: Option<&'a HeaderValue>,
    error: Option<&'a HeaderValue>,
    log: Option<&'a HeaderValue>,
    client_context: Option<&'a HeaderValue>,
    tenant_id: Option<&'a HeaderValue>,
    trace_id: Option<&'a HeaderValue>,
    attempts_id: Option<&'a HeaderValue>,
}

impl<'a> Said<'a> {
    /// One pass over the few headers of a request takes less time than seven look-ups do.
    fn read(headers: &'a HeaderMap) -> Self {
        let mut said = Self::default();
        for (name, value) in headers {
            let place = match name.as_str() {
                "x-amz-invocation-type" => &mut said.kind,
                "x-error-type" => &mut said.error,
                "x-amz-log-type" => &mut said.log,
                "x-amz-client-context" => &mut said.client_context,
                "x-amz-tenant-id" => &mut said.tenant_id,
                "x-amzn-trace-id" => &mut said.trace_id,
                "amz-sdk-invocation-id" => &mut said.attempts_id,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        said
    }
}

/// A value as text. What is no ASCII fits nowhere, and is told where it does not.
fn text(value: Option<&HeaderValue>) -> Option<Cow<'_, str>> {
    value.map(|value| String::from_utf8_lossy(value.as_bytes()))
}

fn kind(operation: Operation, said: Option<&str>, error: Option<&str>) -> Result<Kind, ApiError> {
    let streams = operation == Operation::Stream;
    match said {
        None | Some("" | "RequestResponse") => Ok(Kind::RequestResponse),
        Some("DryRun") => Ok(Kind::DryRun),
        Some("Event") if !streams => Ok(Kind::Event),
        Some("Error") if !streams => match error {
            Some(name) if !name.is_empty() => Ok(Kind::Error(name.to_owned())),
            _ => Err(ApiError::invalid_parameter(
                "X-Amz-Invocation-Type is Error, but X-Error-Type does not say which",
            )),
        },
        Some(other) => {
            let set = if streams {
                "RequestResponse, DryRun"
            } else {
                "Event, RequestResponse, DryRun"
            };
            Err(ApiError::not_in_set("invocationType", other, set))
        }
    }
}

/// From base64 to the JSON object in it.
fn client_context(text: &str) -> Result<String, ApiError> {
    if text.len() > MAX_CLIENT_CONTEXT {
        return Err(ApiError::invalid_content(format!(
            "Client context must be at most {MAX_CLIENT_CONTEXT} bytes of base64, found {}.",
            text.len()
        )));
    }
    let decoded = STANDARD.decode(text).ok();
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .filter(|json| serde_json::from_str::<serde_json::Map<_, _>>(json).is_ok())
        .ok_or_else(|| {
            ApiError::invalid_content("Client context must be a valid Base64-encoded JSON object.")
        })
}

fn tenant_id(text: &str) -> Result<String, ApiError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/=+-@ ".contains(&byte);
    let length = (1..=256).contains(&text.len());
    if length && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(ApiError::not_like("tenantId", text, TENANT_PATTERN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(operation: Operation, headers: &[(&'static str, &str)]) -> Result<Call, ApiError> {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        Call::read(operation, &headers)
    }

    fn kind(operation: Operation, said: &str) -> Result<Kind, ApiError> {
        read(operation, &[("x-amz-invocation-type", said)]).map(|call| call.kind)
    }

    #[test]
    fn the_type_decides_what_is_done() {
        let plain = read(Operation::Invoke, &[]).unwrap();
        assert_eq!((plain.kind, plain.tail), (Kind::RequestResponse, false));
        assert_eq!(kind(Operation::Invoke, "Event"), Ok(Kind::Event));
        assert_eq!(kind(Operation::Invoke, "DryRun"), Ok(Kind::DryRun));
        assert_eq!(kind(Operation::Stream, "DryRun"), Ok(Kind::DryRun));
        assert!(kind(Operation::Stream, "Event").is_err());
        assert!(kind(Operation::Invoke, "event").is_err());
        // An old operation that knows one type only.
        assert_eq!(kind(Operation::Async, "RequestResponse"), Ok(Kind::Event));
        let error = [("x-amz-invocation-type", "Error"), ("x-error-type", "E")];
        let error = read(Operation::Invoke, &error).unwrap();
        assert_eq!(error.kind, Kind::Error("E".to_owned()));
        assert!(kind(Operation::Invoke, "Error").is_err());
    }

    #[test]
    fn the_log_is_for_those_who_wait() {
        let tail = ("x-amz-log-type", "Tail");
        assert!(read(Operation::Invoke, &[tail]).unwrap().tail);
        let event = ("x-amz-invocation-type", "Event");
        assert!(!read(Operation::Invoke, &[tail, event]).unwrap().tail);
        let error = [("x-amz-invocation-type", "Error"), ("x-error-type", "E")];
        let error = [&error[..], &[tail]].concat();
        assert!(read(Operation::Invoke, &error).unwrap().tail);
        assert!(read(Operation::Invoke, &[("x-amz-log-type", "All")]).is_err());
    }

    #[test]
    fn the_client_context_is_a_short_object_in_base64() {
        let context = |text: &str| {
            let call = read(Operation::Invoke, &[("x-amz-client-context", text)]);
            call.map(|call| call.client_context)
        };
        let json = r#"{"custom":{"a":"b"}}"#;
        let encoded = STANDARD.encode(json);
        assert_eq!(context(&encoded), Ok(Some(json.to_owned())));
        assert_eq!(context(""), Ok(None));
        for bad in ["%%%", "bm8=", &STANDARD.encode("[1]")] {
            assert!(context(bad).is_err(), "{bad}");
        }
        let long = |length: usize| {
            let padding = "x".repeat(length / 4 * 3 - 8);
            STANDARD.encode(format!("{{\"a\":\"{padding}\"}}"))
        };
        assert_eq!(long(3580).len(), 3580);
        assert!(context(&long(3580)).is_ok());
        assert!(context(&long(3584)).is_err());
    }

    #[test]
    fn what_is_no_ascii_is_not_overlooked() {
        let read = |name: &'static str| {
            let value = HeaderValue::from_bytes(b"\xc3\x89vent").unwrap();
            let headers = [(http::HeaderName::from_static(name), value)];
            Call::read(Operation::Invoke, &headers.into_iter().collect())
        };
        for name in [
            "x-amz-invocation-type",
            "x-amz-log-type",
            "x-amz-client-context",
            "x-amz-tenant-id",
        ] {
            assert!(read(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_tenant_has_a_pattern() {
        let tenant = |text: &str| {
            let call = read(Operation::Invoke, &[("x-amz-tenant-id", text)]);
            call.map(|call| call.tenant_id)
        };
        assert_eq!(tenant("blue/1 @x"), Ok(Some("blue/1 @x".to_owned())));
        assert!(tenant("blue#1").is_err());
        assert!(tenant(&"x".repeat(257)).is_err());
    }
}
