//! One invocation: from what the Runtime API hands out to the answer that it gets.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::log;
use super::settings::InvokeMode;
use crate::engine::{Solo, next_chunk};
use crate::gateway;
use crate::invocation::{
    Accepts, Answer, Body, Caller, FunctionError, Invocation, MAX_RESPONSE, Payload,
};
use crate::runtime_api::client::{Client, ClientError, Next};

/// What web handlers answer with, and what is read of paths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Web {
    /// How a response goes back.
    pub(super) mode: InvokeMode,
    /// Paths come without the stage of an API.
    pub(super) ignore_stage: bool,
}

/// Runs an invocation and answers it.
///
/// # Errors
/// The answer was not taken. What the function does wrong is an answer, and logged.
pub(super) fn invoke(
    client: &mut Client,
    solo: &mut Solo,
    mut next: Next,
    web: Web,
) -> Result<(), ClientError> {
    match run(solo, &mut next, web) {
        Ok(Response::Whole(bytes)) => client.respond(&next, &bytes),
        Ok(Response::Stream(body, content_type)) => stream(client, &next, body, content_type),
        Err(error) => {
            log::failed(&next.id, &error);
            client.fail(&next, &error)
        }
    }
}

enum Response {
    Whole(Bytes),
    /// With its content type.
    Stream(Body, &'static str),
}

fn run(solo: &mut Solo, next: &mut Next, web: Web) -> Result<Response, FunctionError> {
    let caller = Caller {
        arn: next.arn.take(),
        client_context: next.client_context.take(),
        cognito_identity: next.cognito_identity.take(),
        tenant_id: next.tenant_id.take(),
        gateway_event: None,
    };
    let event = std::mem::take(&mut next.event);
    let mut invocation = Invocation {
        id: next.id,
        payload: Payload::Event(Bytes::new()),
        trace_id: next.trace_id.take(),
        caller: Some(Arc::new(caller)),
        arrived: Instant::now(),
    };
    let form = match solo.accepts() {
        Accepts::Event { .. } => {
            invocation.payload = Payload::Event(event);
            None
        }
        Accepts::Http { .. } => {
            let request = gateway::request(&event, web.ignore_stage)?;
            Some(request.hand_over(&mut invocation))
        }
    };
    match (solo.run(invocation, next.deadline)?, form) {
        (Answer::Event(Body::Stream(stream)), _) => {
            Ok(Response::Stream(Body::Stream(stream), BYTES))
        }
        (Answer::Event(body), _) => collect(body).map(Response::Whole),
        (Answer::Http(response), form) => {
            let response = gateway::checked(*response)?;
            let form = form.filter(|_| web.mode == InvokeMode::Buffered);
            let Some(form) = form else {
                let body = gateway::streamed(response);
                return Ok(Response::Stream(body, gateway::STREAM_CONTENT_TYPE));
            };
            let (head, body) = response.into_parts();
            let answer = gateway::response(form, &head, &collect(body)?);
            within_limit(answer.len())?;
            Ok(Response::Whole(answer.into()))
        }
    }
}

/// The content type of a stream of whatever an event handler makes.
const BYTES: &str = "application/octet-stream";

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
    match length <= MAX_RESPONSE {
        true => Ok(()),
        false => Err(FunctionError::response_too_large()),
    }
}

/// Sends a stream piece by piece. What it fails with midway ends it.
fn stream(
    client: &mut Client,
    next: &Next,
    mut body: Body,
    content_type: &str,
) -> Result<(), ClientError> {
    let mut response = client.stream(next, content_type)?;
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
