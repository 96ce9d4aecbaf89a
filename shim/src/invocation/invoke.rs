//! One invocation, what came of it, and the trait that joins frontends to functions.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Body, FunctionError, Refusal, RequestId};

/// One run of a function, as a frontend asks for it.
#[derive(Debug)]
pub struct Invocation {
    /// Carried through context, logs and answer.
    pub id: RequestId,
    /// What the handler gets.
    pub payload: Payload,
    /// The caller's trace header (`X-Amzn-Trace-Id` form), if it sent one.
    pub trace_id: Option<String>,
    /// What else the caller said. Shared, since most callers of a function say the same.
    pub caller: Option<Arc<Caller>>,
    /// When the invocation arrived; queueing counts from here.
    pub arrived: Instant,
}

/// What a caller of the Lambda Invoke API, or a gateway, may say beside the payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The ARN that it invoked, with the qualifier that it used.
    pub arn: Option<String>,
    /// The client context: JSON text.
    pub client_context: Option<String>,
    /// The Cognito identity: JSON text with `cognitoIdentityId` and `cognitoIdentityPoolId`.
    pub cognito_identity: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// What the event of a gateway says beside the HTTP request: JSON text. Only where the payload
    /// came as such an event.
    pub gateway_event: Option<String>,
}

impl Invocation {
    /// An invocation with a new request id that arrives now.
    pub fn new(payload: Payload) -> Self {
        Self {
            id: RequestId::random(),
            payload,
            trace_id: None,
            caller: None,
            arrived: Instant::now(),
        }
    }
}

/// What the handler gets.
#[derive(Debug)]
pub enum Payload {
    /// An event: JSON for most handlers, any bytes for one that takes bytes.
    Event(Bytes),
    /// An HTTP request for a web handler. Boxed: it is handed on several times.
    Http(Box<http::Request<Body>>),
}

/// Which [`Payload`] a function's handler takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// [`Payload::Event`]
    Event {
        /// The event is JSON (otherwise: any bytes).
        json: bool,
        /// The response is JSON (otherwise: any bytes).
        json_response: bool,
    },
    /// [`Payload::Http`]
    Http {
        /// The body must be whole before the handler runs (a plain `fn` cannot wait for more).
        whole_body: bool,
    },
}

/// What a function answers.
#[derive(Debug)]
pub enum Answer {
    /// The response of a handler that took an event.
    Event(Body),
    /// The response of a web handler. Boxed: it is handed on several times.
    Http(Box<http::Response<Body>>),
}

/// What came of an invocation.
#[derive(Debug)]
pub struct Outcome {
    /// The answer, or the function's error. Boxed, since hardly any invocation has one, and every
    /// outcome would have room for it.
    pub result: Result<Answer, Box<FunctionError>>,
    /// The invocation had to wait for a new instance (for a stateless handler: it was the first).
    pub cold_start: bool,
    /// How long the start of the instance took, if it had to wait for one.
    pub start: Option<Duration>,
    /// How long the handler took (with the start of its instance), without the time in the queue.
    pub duration: Duration,
}

/// A function, as frontends see it. Implemented by the engine's registry entries.
pub trait Invoke: Send + Sync + 'static {
    /// The name under which the function is served.
    fn name(&self) -> &str;

    /// What its handler takes.
    fn accepts(&self) -> Accepts;

    /// Whether the function finds out by itself that an event is not JSON, and fails with
    /// [`ErrorKind::BadEvent`](super::ErrorKind::BadEvent): nobody has to read through it before.
    fn checks_json(&self) -> bool {
        false
    }

    /// Of a web handler that is invoked with the event of a gateway: its paths come without the
    /// gateway's stage.
    fn ignores_stage(&self) -> bool {
        false
    }

    /// Runs one invocation to its end, or refuses it.
    ///
    /// Dropping the future cancels the invocation: an async handler is dropped at its next
    /// `await`, a plain `fn` sees its cancellation signal; the instance is stopped, not reused.
    fn invoke(
        &self,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send;

    /// In mock mode: the error `name` of those that the handler declares, or all that it declares
    /// if that is none of them. `None`: this is the function itself and no mock of it.
    fn mocked_error(&self, name: &str) -> Option<Result<FunctionError, Vec<String>>> {
        let _ = name;
        None
    }
}

impl<T: Invoke> Invoke for std::sync::Arc<T> {
    fn name(&self) -> &str {
        T::name(self)
    }

    fn accepts(&self) -> Accepts {
        T::accepts(self)
    }

    fn checks_json(&self) -> bool {
        T::checks_json(self)
    }

    fn ignores_stage(&self) -> bool {
        T::ignores_stage(self)
    }

    fn invoke(
        &self,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        T::invoke(self, invocation)
    }

    fn mocked_error(&self, name: &str) -> Option<Result<FunctionError, Vec<String>>> {
        T::mocked_error(self, name)
    }
}
