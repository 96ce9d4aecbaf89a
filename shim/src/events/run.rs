//! One run of a function for an event.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body::Body as _;

use super::event::Accepted;
use crate::gateway::{self, Form};
use crate::invocation::{
    Accepts, Answer, Body, Caller, ErrorKind, FunctionError, Invocation, Invoke, MAX_RESPONSE,
    Payload, Refusal,
};

/// What came of it.
#[derive(Debug)]
pub(super) enum Ran {
    /// It succeeded; the response, if it is to be kept.
    Success(Option<Bytes>),
    /// The function failed.
    Failed(FunctionError),
    /// There is no place for it now.
    Throttled(Refusal),
    /// The function takes nothing at all.
    NoConcurrency,
    /// Function or host is shutting down: it did not run, or not to its end.
    ShuttingDown,
}

/// Runs `event` and reads the response to its end; keeps it only if asked to.
pub(super) async fn run<F: Invoke>(function: &F, event: &Accepted, keep: bool) -> Ran {
    let mut invocation = Invocation {
        id: event.id,
        payload: Payload::Event(event.payload.clone()),
        trace_id: event.trace_id.clone(),
        caller: Some(Arc::new(Caller {
            arn: Some(event.target.arn.clone()),
            tenant_id: event.tenant_id.clone(),
            ..Caller::default()
        })),
        arrived: Instant::now(),
    };
    let mut form = None;
    if let Accepts::Http { .. } = function.accepts() {
        match gateway::request(&event.payload, function.ignores_stage()) {
            Ok(event) => form = Some(event.hand_over(&mut invocation)),
            Err(error) => return Ran::Failed(error.into()),
        }
    }
    let result = match function.invoke(invocation).await {
        Ok(outcome) => outcome.result,
        Err(Refusal::Throttled { concurrency: 0, .. }) => return Ran::NoConcurrency,
        Err(refusal @ Refusal::Throttled { .. }) => return Ran::Throttled(refusal),
        Err(Refusal::ShuttingDown) => return Ran::ShuttingDown,
    };
    let response = match result {
        Ok(Answer::Event(body)) => read(body, keep).await,
        Ok(Answer::Http(response)) => read_web(form, *response, keep).await,
        Err(error) => Err(*error),
    };
    match response {
        Ok(response) => Ran::Success(response),
        Err(error) if error.kind == ErrorKind::Cancelled => Ran::ShuttingDown,
        Err(error) => Ran::Failed(error),
    }
}

/// The response of a web handler, in the form of its event.
async fn read_web(
    form: Option<Form>,
    response: http::Response<Body>,
    keep: bool,
) -> Result<Option<Bytes>, FunctionError> {
    let (head, body) = gateway::checked(response)?.into_parts();
    let Some(form) = form else {
        return read(body, keep).await;
    };
    // Whether it is too long shows only in its form.
    let body = read(body, true).await?.unwrap_or_default();
    let json = gateway::response(form, &head, &body);
    within_limit(json.len())?;
    Ok(keep.then(|| json.into()))
}

async fn read(body: Body, keep: bool) -> Result<Option<Bytes>, FunctionError> {
    let mut stream = match body {
        Body::Empty => return Ok(keep.then(Bytes::new)),
        Body::Full(bytes) => {
            within_limit(bytes.len())?;
            return Ok(keep.then_some(bytes));
        }
        Body::Stream(stream) => stream,
    };
    let (mut length, mut kept) = (0, Vec::new());
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut stream).poll_frame(cx)).await {
        let frame = frame.map_err(FunctionError::from)?;
        if let Ok(data) = frame.into_data() {
            length += data.len();
            within_limit(length)?;
            if keep {
                kept.extend_from_slice(&data);
            }
        }
    }
    Ok(keep.then(|| kept.into()))
}

fn within_limit(length: usize) -> Result<(), FunctionError> {
    match length <= MAX_RESPONSE {
        true => Ok(()),
        false => Err(FunctionError::response_too_large()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Full, StreamBody};

    use super::super::testing::{Fake, Then, event};
    use super::{MAX_RESPONSE, Ran, run};
    use crate::invocation::{Body, BodyError, ErrorKind, FunctionError};

    async fn ran(then: Then, keep: bool) -> Ran {
        let fake = Fake::once(then);
        run(&fake, &event("f", "{}"), keep).await
    }

    fn streamed(bytes: Vec<u8>) -> Then {
        let body = Full::new(Bytes::from(bytes)).map_err(|never| match never {});
        Then::Answer(Body::stream(body))
    }

    #[tokio::test]
    async fn a_response_is_kept_only_if_somebody_wants_it() {
        for then in [|| Then::Answer("1".into()), || streamed(b"1".to_vec())] {
            assert!(matches!(ran(then(), true).await, Ran::Success(Some(body)) if body == "1"));
            assert!(matches!(ran(then(), false).await, Ran::Success(None)));
        }
    }

    #[tokio::test]
    async fn a_response_beyond_the_limit_is_a_function_error() {
        let fits = vec![b'1'; MAX_RESPONSE];
        let longer = vec![b'1'; fits.len() + 1];
        for then in [|body: Vec<u8>| Then::Answer(body.into()), streamed] {
            assert!(matches!(
                ran(then(fits.clone()), true).await,
                Ran::Success(Some(_))
            ));
            for keep in [true, false] {
                let Ran::Failed(error) = ran(then(longer.clone()), keep).await else {
                    panic!("it is too long");
                };
                assert_eq!(error.name, "Function.ResponseSizeTooLarge");
                assert_eq!(
                    error.message,
                    "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
                );
            }
        }
    }

    #[tokio::test]
    async fn a_stream_that_breaks_is_a_function_error() {
        let error = FunctionError::new(ErrorKind::Handler, "Broken", "no more");
        let broken = BodyError::Failed(Box::new(error));
        let body = StreamBody::new(Once(Some(Err(broken))));
        let Ran::Failed(error) = ran(Then::Answer(Body::stream(body)), false).await else {
            panic!("it broke");
        };
        assert_eq!(error.message, "no more");
    }

    #[tokio::test]
    async fn a_cancelled_run_is_not_the_functions_error() {
        let error = FunctionError::new(ErrorKind::Cancelled, "Runtime.Cancelled", "stopped");
        assert!(matches!(
            ran(Then::Fail(error), false).await,
            Ran::ShuttingDown
        ));
    }

    type Item = Result<http_body::Frame<Bytes>, BodyError>;

    struct Once(Option<Item>);

    impl futures_core::Stream for Once {
        type Item = Item;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Item>> {
            std::task::Poll::Ready(self.0.take())
        }
    }
}
