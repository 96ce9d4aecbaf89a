//! One invocation: from what the Runtime API hands out to the answer that it gets.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::log;
use super::settings::InvokeMode;
use crate::engine::{Solo, next_chunk};
use crate::invocation::{
    Accepts, Answer, Body, Caller, ErrorKind, FunctionError, Invocation, Payload,
};
use crate::runtime_api::client::{Client, ClientError, Next};
use crate::runtime_api::wire;

/// Runs an invocation and answers it.
///
/// # Errors
/// The answer was not taken. What the function does wrong is an answer, and logged.
pub(super) fn invoke(
    client: &mut Client,
    solo: &mut Solo,
    mut next: Next,
    mode: InvokeMode,
) -> Result<(), ClientError> {
    let answer = run(solo, &mut next);
    let response = answer.and_then(|answer| match answer {
        Answer::Event(Body::Stream(stream)) => Ok(Response::Stream(Body::Stream(stream))),
        Answer::Event(body) => collect(body).map(Response::Whole),
        Answer::Http(_) => Err(FunctionError::handler_takes_http()),
    });
    match response {
        Ok(Response::Whole(bytes)) => client.respond(&next, &bytes),
        Ok(Response::Stream(body)) => stream(client, &next, body),
        Err(error) => {
            log::failed(&next.id, &error);
            client.fail(&next, &error)
        }
    }
}

enum Response {
    Whole(Bytes),
    Stream(Body),
}

fn run(solo: &mut Solo, next: &mut Next) -> Result<Answer, FunctionError> {
    let event = std::mem::take(&mut next.event);
    let payload = match solo.accepts() {
        Accepts::Event { .. } => Payload::Event(event),
        Accepts::Http { .. } => return Err(FunctionError::handler_takes_http()),
    };
    let caller = Caller {
        arn: next.arn.take(),
        client_context: next.client_context.take(),
        cognito_identity: next.cognito_identity.take(),
        tenant_id: next.tenant_id.take(),
    };
    let invocation = Invocation {
        id: next.id,
        payload,
        trace_id: next.trace_id.take(),
        caller: Some(Box::new(caller)),
        arrived: Instant::now(),
    };
    solo.run(invocation, next.deadline)
}

/// All of a body, as long as Lambda passes so much on.
fn collect(mut body: Body) -> Result<Bytes, FunctionError> {
    let mut all = match next_chunk(&mut body).transpose()? {
        None => return Ok(Bytes::new()),
        Some(first) => first,
    };
    if let Some(second) = next_chunk(&mut body).transpose()? {
        let mut pieces = BytesMut::from(all);
        pieces.extend_from_slice(&second);
        while let Some(more) = next_chunk(&mut body).transpose()? {
            pieces.extend_from_slice(&more);
            within_limit(pieces.len())?;
        }
        all = pieces.freeze();
    }
    within_limit(all.len())?;
    Ok(all)
}

fn within_limit(length: usize) -> Result<(), FunctionError> {
    if length <= wire::MAX_RESPONSE {
        return Ok(());
    }
    // The words of Lambda, whose invoker knows this error.
    let message = format!(
        "Response payload size exceeded maximum allowed payload size ({} bytes).",
        wire::MAX_RESPONSE
    );
    let name = "Function.ResponseSizeTooLarge";
    Err(FunctionError::new(ErrorKind::Handler, name, message))
}

/// Sends a stream piece by piece. What it fails with midway ends it.
fn stream(client: &mut Client, next: &Next, mut body: Body) -> Result<(), ClientError> {
    let mut response = client.stream(next, "application/octet-stream")?;
    let mut failed = None;
    while let Some(piece) = next_chunk(&mut body) {
        match piece {
            Ok(piece) => response.chunk(&piece)?,
            Err(error) => {
                failed = Some(FunctionError::from(error));
                break;
            }
        }
    }
    if let Some(error) = &failed {
        log::failed(&next.id, error);
    }
    response.finish(failed.as_ref())
}
