//! The one place where errors of the Invoke API become responses: a status, the error's name in
//! `x-amzn-ErrorType`, and a JSON document. Names, texts and the spelling of the text's member are
//! Lambda's: SDKs make their typed exceptions of them.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::auth::AuthError;
use crate::frontend::problem::whole_seconds;
use crate::invocation::{Body, BodyError, Refusal, TargetError};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// In milliseconds; newer SDKs wait that long, none looks at `retry-after`.
const AMZ_RETRY_AFTER: HeaderName = HeaderName::from_static("x-amz-retry-after");

/// Why an operation was not done. A function's own error is none of them: it is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    kind: Kind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The signature is wrong; the name says how.
    Auth(&'static str),
    Validation,
    InvalidParameterValue,
    InvalidRequestContent,
    AccessDenied,
    NotFound,
    UnknownOperation,
    RequestTimeout,
    TooLarge,
    TooMany {
        retry_after: Duration,
        reason: &'static str,
    },
    Unavailable,
}

impl Kind {
    fn status(self) -> StatusCode {
        match self {
            Self::Validation | Self::InvalidParameterValue | Self::InvalidRequestContent => {
                StatusCode::BAD_REQUEST
            }
            Self::AccessDenied | Self::Auth(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::UnknownOperation => StatusCode::NOT_FOUND,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Auth(name) => name,
            Self::Validation => "ValidationException",
            Self::InvalidParameterValue => "InvalidParameterValueException",
            Self::InvalidRequestContent => "InvalidRequestContentException",
            Self::AccessDenied => "AccessDeniedException",
            Self::NotFound => "ResourceNotFoundException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::RequestTimeout => "RequestTimeoutException",
            // Not the modelled RequestTooLargeException: this is what the service sends.
            Self::TooLarge => "RequestEntityTooLargeException",
            Self::TooMany { .. } => "TooManyRequestsException",
            Self::Unavailable => "ServiceUnavailableException",
        }
    }
}

impl ApiError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A value is not one of those there are.
    pub(super) fn not_in_set(member: &str, value: &str, set: &str) -> Self {
        Self::new(
            Kind::Validation,
            format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{set}]"
            ),
        )
    }

    /// A value does not match its pattern.
    pub(super) fn not_like(member: &str, value: &str, pattern: &str) -> Self {
        Self::new(
            Kind::Validation,
            format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: {pattern}"
            ),
        )
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParameterValue, message)
    }

    pub(super) fn invalid_content(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequestContent, message)
    }

    /// The body is no JSON.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self::invalid_content(format!(
            "Could not parse request body into json: Could not parse payload into json: {error}"
        ))
    }

    pub(super) fn not_found(arn: &str) -> Self {
        Self::new(Kind::NotFound, format!("Function not found: {arn}"))
    }

    /// Something else than a function was not found.
    pub(super) fn no_such(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// There is nothing yet that could do it.
    #[cfg(feature = "dev")]
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    pub(super) fn unknown_operation(method: &http::Method, path: &str) -> Self {
        Self::new(
            Kind::UnknownOperation,
            format!(
                "{method} {path} is no operation that is served here; there are Invoke, \
                 InvokeWithResponseStream and InvokeAsync"
            ),
        )
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        Self::new(Kind::TooLarge, message)
    }

    /// All places of the function are taken.
    pub(super) fn too_many(retry_after: Duration) -> Self {
        let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
        let kind = Kind::TooMany {
            retry_after,
            reason,
        };
        Self::new(kind, "Rate Exceeded.")
    }

    /// The queue of asynchronous events is full.
    pub(super) fn queue_full(retry_after: Duration) -> Self {
        let reason = "FunctionInvocationRateLimitExceeded";
        let kind = Kind::TooMany {
            retry_after,
            reason,
        };
        Self::new(kind, "Rate Exceeded.")
    }

    /// It was refused for want of room.
    pub(super) fn is_throttle(&self) -> bool {
        matches!(self.kind, Kind::TooMany { .. })
    }

    /// The status of its response.
    pub(super) fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Its text for the log: what is told of a wrong signature may hold a token.
    pub(super) fn logged(&self) -> &str {
        match self.kind {
            Kind::Auth(_) => "the signature is not accepted",
            _ => &self.message,
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        #[derive(serde::Serialize)]
        struct Document<'a> {
            #[serde(rename = "Type")]
            whose: &'static str,
            #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
            reason: Option<&'static str>,
            #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
            upper: Option<&'a str>,
            #[serde(rename = "message", skip_serializing_if = "Option::is_none")]
            lower: Option<&'a str>,
        }
        let status = self.kind.status();
        let message = Some(self.message.as_str());
        // The model spells it this way for some and that way for others.
        let upper = matches!(
            self.kind,
            Kind::NotFound | Kind::AccessDenied | Kind::Unavailable
        );
        let document = Document {
            whose: if status.is_server_error() {
                "Service"
            } else {
                "User"
            },
            reason: match self.kind {
                Kind::TooMany { reason, .. } => Some(reason),
                _ => None,
            },
            upper: message.filter(|_| upper),
            lower: message.filter(|_| !upper),
        };
        // Texts always serialise.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.kind.name()));
        if let Kind::TooMany { retry_after, .. } = self.kind {
            let seconds = whole_seconds(retry_after);
            headers.insert(header::RETRY_AFTER, seconds.into());
            let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
            headers.insert(AMZ_RETRY_AFTER, millis.into());
        }
        if matches!(
            self.kind,
            Kind::TooLarge | Kind::RequestTimeout | Kind::Unavailable
        ) {
            // What is left of the request is not read.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<TargetError> for ApiError {
    fn from(error: TargetError) -> Self {
        let kind = match &error {
            TargetError::Invalid { .. } => Kind::Validation,
            TargetError::QualifiersDiffer => Kind::InvalidParameterValue,
            TargetError::OtherRegion { .. } => Kind::NotFound,
            TargetError::OtherAccount { .. } => Kind::AccessDenied,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self::new(Kind::Auth(error.code()), error.message())
    }
}

impl From<&Refusal> for ApiError {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Throttled { retry_after, .. } => Self::too_many(*retry_after),
            Refusal::ShuttingDown => Self::new(Kind::Unavailable, refusal.to_string()),
        }
    }
}

impl From<&BodyError> for ApiError {
    fn from(error: &BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::too_large(error.to_string()),
            BodyError::TooSlow { .. } => Self::new(Kind::RequestTimeout, error.to_string()),
            BodyError::CutOff { .. } | BodyError::Failed(_) => {
                Self::invalid_content(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn parts(error: ApiError) -> (u16, String, serde_json::Value) {
        let (head, body) = error.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let name = head.headers[ERROR_TYPE].to_str().unwrap().to_owned();
        (
            head.status.as_u16(),
            name,
            serde_json::from_slice(&body).unwrap(),
        )
    }

    #[tokio::test]
    async fn errors_have_the_shape_that_sdks_read() {
        let (status, name, body) = parts(ApiError::not_found("arn:x")).await;
        assert_eq!((status, &*name), (404, "ResourceNotFoundException"));
        let expected = serde_json::json!({"Type": "User", "Message": "Function not found: arn:x"});
        assert_eq!(body, expected);

        let (status, name, body) = parts(ApiError::invalid_content("no")).await;
        assert_eq!((status, &*name), (400, "InvalidRequestContentException"));
        assert_eq!(body, serde_json::json!({"Type": "User", "message": "no"}));

        let (status, name, body) = parts((&Refusal::ShuttingDown).into()).await;
        assert_eq!((status, &*name), (503, "ServiceUnavailableException"));
        assert_eq!(body["Type"], "Service");
    }

    #[tokio::test]
    async fn a_throttle_says_when_to_come_back() {
        let refusal = Refusal::Throttled {
            concurrency: 1,
            queued: 0,
            retry_after: Duration::from_secs(2),
        };
        let response = ApiError::from(&refusal).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[AMZ_RETRY_AFTER], "2000");
        let (status, name, body) = parts((&refusal).into()).await;
        assert_eq!((status, &*name), (429, "TooManyRequestsException"));
        let expected = serde_json::json!({
            "Type": "User",
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
            "message": "Rate Exceeded.",
        });
        assert_eq!(body, expected);
    }
}
