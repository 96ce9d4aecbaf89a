//! The three operations, and their results in JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_lambda::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lambda::error::{BoxError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::operation::invoke_async::InvokeAsyncError;
use aws_sdk_lambda::operation::invoke_with_response_stream::InvokeWithResponseStreamError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvokeWithResponseStreamResponseEvent as Event;
use aws_sdk_lambda::types::error::TooManyRequestsException;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::{Value, json};

use crate::Case;

/// Counts the attempts at a call.
#[derive(Debug, Clone, Default)]
struct Attempts(Arc<AtomicU64>);

impl Attempts {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn payload(case: &Case) -> Vec<u8> {
    match case.fill {
        Some(bytes) => format!("\"{}\"", "x".repeat(bytes - 2)).into_bytes(),
        None => case.payload.clone().into_bytes(),
    }
}

fn encoded(context: &Option<String>) -> Option<String> {
    context.as_ref().map(aws_smithy_types::base64::encode)
}

fn decoded(log: Option<&str>) -> Option<String> {
    let bytes = aws_smithy_types::base64::decode(log?).expect("base64");
    Some(text(bytes))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

pub(crate) async fn invoke(client: &Client, case: &Case) -> Value {
    let attempts = Attempts::default();
    let call = client
        .invoke()
        .function_name(&case.function)
        .payload(Blob::new(payload(case)))
        .set_qualifier(case.qualifier.clone())
        .set_invocation_type(case.r#type.as_deref().map(Into::into))
        .set_log_type(case.log.as_deref().map(Into::into))
        .set_client_context(encoded(&case.client_context))
        .set_tenant_id(case.tenant.clone());
    let sent = call.customize().interceptor(attempts.clone()).send().await;
    match sent {
        Ok(response) => json!({
            "status": response.status_code(),
            "request_id": response.request_id(),
            "attempts": attempts.count(),
            "payload": response.payload().map(|blob| text(blob.as_ref().to_vec())).unwrap_or_default(),
            "version": response.executed_version(),
            "function_error": response.function_error(),
            "log": decoded(response.log_result()),
        }),
        Err(error) => failed(&error, &attempts),
    }
}

pub(crate) async fn stream(client: &Client, case: &Case) -> Value {
    let attempts = Attempts::default();
    let call = client
        .invoke_with_response_stream()
        .function_name(&case.function)
        .payload(Blob::new(payload(case)))
        .set_qualifier(case.qualifier.clone())
        .set_log_type(case.log.as_deref().map(Into::into));
    let sent = call.customize().interceptor(attempts.clone()).send().await;
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => return failed(&error, &attempts),
    };
    let (mut pieces, mut complete) = (Vec::new(), None);
    loop {
        match response.event_stream.recv().await {
            Ok(Some(Event::PayloadChunk(chunk))) => {
                pieces.extend(chunk.payload.map(|blob| text(blob.into_inner())));
            }
            Ok(Some(Event::InvokeComplete(event))) => complete = Some(event),
            Ok(Some(other)) => {
                return json!({ "error": "UnknownEvent", "message": format!("{other:?}") });
            }
            Ok(None) => break,
            Err(error) => {
                let message = DisplayErrorContext(&error).to_string();
                return json!({ "error": "BrokenStream", "message": message });
            }
        }
    }
    let complete = complete.as_ref();
    json!({
        "status": response.status_code(),
        "request_id": response.request_id(),
        "attempts": attempts.count(),
        "pieces": pieces,
        "version": response.executed_version(),
        "completed": complete.is_some(),
        "error_code": complete.and_then(|complete| complete.error_code()),
        "error_details": complete.and_then(|complete| complete.error_details()),
        "log": decoded(complete.and_then(|complete| complete.log_result())),
    })
}

#[allow(deprecated, reason = "the operation is, and still there")]
pub(crate) async fn invoke_async(client: &Client, case: &Case) -> Value {
    let attempts = Attempts::default();
    let call = client
        .invoke_async()
        .function_name(&case.function)
        .invoke_args(payload(case).into());
    let sent = call.customize().interceptor(attempts.clone()).send().await;
    match sent {
        Ok(response) => json!({
            "status": response.status(),
            "said": response.status(),
            "request_id": response.request_id(),
            "attempts": attempts.count(),
        }),
        Err(error) => failed(&error, &attempts),
    }
}

/// What the cases ask about an operation's error.
trait Known {
    /// It is one of those that the cases expect, as a type of its own.
    fn typed(&self) -> bool;
    fn too_many(&self) -> Option<&TooManyRequestsException>;
}

macro_rules! known {
    ($error:ident) => {
        impl Known for $error {
            fn typed(&self) -> bool {
                self.is_resource_not_found_exception()
                    || self.is_invalid_request_content_exception()
                    || self.too_many().is_some()
            }

            fn too_many(&self) -> Option<&TooManyRequestsException> {
                match self {
                    Self::TooManyRequestsException(error) => Some(error),
                    _ => None,
                }
            }
        }
    };
}

known!(InvokeError);
known!(InvokeWithResponseStreamError);

impl Known for InvokeAsyncError {
    fn typed(&self) -> bool {
        self.is_resource_not_found_exception() || self.is_invalid_request_content_exception()
    }

    fn too_many(&self) -> Option<&TooManyRequestsException> {
        None
    }
}

fn failed<E>(error: &SdkError<E, HttpResponse>, attempts: &Attempts) -> Value
where
    E: Known + ProvideErrorMetadata + std::error::Error + 'static,
{
    let said = error.as_service_error();
    let Some(said) = said else {
        let message = DisplayErrorContext(error).to_string();
        let attempts = attempts.count();
        return json!({ "error": "NoServiceError", "message": message, "attempts": attempts });
    };
    let too_many = said.too_many();
    json!({
        "status": error.raw_response().map(|raw| raw.status().as_u16()),
        "attempts": attempts.count(),
        "error": said.meta().code(),
        "message": said.meta().message(),
        "typed": said.typed(),
        "reason": too_many.and_then(|error| error.reason()).map(|reason| reason.as_str()),
        "retry_after": too_many.and_then(|error| error.retry_after_seconds()),
    })
}
