//! From what a runtime posts to an answer, or to the function's error.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::refusal::{Refusal, accepted};
use super::state::{Kind, Reply};
use super::{Shared, document, stream};
use crate::invocation::{Answer, Body, ErrorKind, FunctionError, MAX_RESPONSE};
use crate::runtime_api::wire;

/// The most that is read, in bytes, and dropped of a body that is too large. A runtime that sends
/// more loses its connection.
const MAX_DROPPED: usize = 64 * 1024 * 1024;

/// The name of an error whose runtime gives it none.
const UNNAMED: &str = "Function.Unknown";

/// An answer that has begun. Dropped before its end, it is a truncated one.
pub(super) struct Answering {
    shared: Arc<Shared>,
    ticket: u64,
    reply: Option<Reply>,
}

impl Answering {
    /// Begins to answer the invocation of this id.
    pub(super) fn begin(
        shared: &Arc<Shared>,
        id: &str,
        headers: &HeaderMap,
        kind: Kind,
    ) -> Result<Self, Refusal> {
        let echo = text(headers, wire::INVOCATION_ID).filter(|echo| !echo.is_empty());
        let (ticket, reply) = shared.state().answer(id, echo, kind)?;
        Ok(Self {
            shared: Arc::clone(shared),
            ticket,
            reply: Some(reply),
        })
    }

    /// Answers. Whether anybody still waits for it.
    pub(super) fn send(&mut self, result: Result<Answer, FunctionError>) -> bool {
        let reply = self.reply.take();
        reply.is_some_and(|reply| reply.send(result).is_ok())
    }

    /// Ends what was answered: the runtime may ask for the next invocation.
    fn conclude(mut self, result: Result<Answer, FunctionError>) -> Response<Body> {
        match self.send(result) {
            true => accepted(),
            false => Refusal::late().response(),
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if self.reply.is_some() {
            self.send(Err(truncated()));
        }
        self.shared.state().answered(self.ticket);
        // Whoever asked for the next one before has waited for this.
        self.shared.arrived.notify_one();
    }
}

/// `POST /invocation/{id}/response`
pub(super) async fn response(
    shared: &Arc<Shared>,
    id: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let mut answering = Answering::begin(shared, id, request.headers(), Kind::Response)?;
    match text(request.headers(), wire::RESPONSE_MODE) {
        None => {}
        Some("streaming") => return stream::response(answering, request.into_body()).await,
        Some(_) => {
            let message = "the runtime's response mode is neither empty nor `streaming`";
            let name = "Runtime.InvalidResponseModeHeader";
            answering.send(Err(FunctionError::new(ErrorKind::Internal, name, message)));
            return Err(Refusal::response_mode());
        }
    }
    match collect(request.into_body()).await {
        // Go announces trailers with every answer, and uses them where it fails midway.
        Ok((body, trailers)) => Ok(answering.conclude(match trailers.and_then(of_trailers) {
            Some(error) => Err(error),
            None => Ok(Answer::Event(Body::from(body))),
        })),
        Err(NotWhole::TooLarge) => {
            answering.send(Err(FunctionError::response_too_large()));
            Err(Refusal::too_large())
        }
        Err(NotWhole::CutOff) => {
            answering.send(Err(truncated()));
            Err(Refusal::truncated())
        }
    }
}

/// `POST /invocation/{id}/error`
pub(super) async fn error(
    shared: &Arc<Shared>,
    id: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let mut answering = Answering::begin(shared, id, request.headers(), Kind::Error)?;
    match read_error(request, UNNAMED).await {
        Ok(error) => Ok(answering.conclude(Err(error))),
        Err((error, refusal)) => {
            answering.send(Err(error));
            Err(refusal)
        }
    }
}

/// Reads the error that a request tells of.
pub(super) async fn read_error(
    request: Request<Incoming>,
    otherwise: &str,
) -> Result<FunctionError, (FunctionError, Refusal)> {
    let category = text(request.headers(), wire::ERROR_TYPE).map(str::to_owned);
    match collect(request.into_body()).await {
        Ok((body, _)) => Ok(document::error(&body, category.as_deref(), otherwise)),
        Err(NotWhole::TooLarge) => Err((FunctionError::response_too_large(), Refusal::too_large())),
        Err(NotWhole::CutOff) => Err((truncated(), Refusal::truncated())),
    }
}

/// Why a body is not there.
enum NotWhole {
    TooLarge,
    CutOff,
}

/// All of a body, which may be as large as an answer of Lambda.
async fn collect(mut body: Incoming) -> Result<(Bytes, Option<HeaderMap>), NotWhole> {
    let (mut whole, mut rest) = (Bytes::new(), BytesMut::new());
    let mut trailers = None;
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        match frame.map_err(|_| NotWhole::CutOff)?.into_data() {
            Ok(data) => {
                length += data.len();
                if length > MAX_RESPONSE {
                    drop_rest(body).await;
                    return Err(NotWhole::TooLarge);
                }
                // Most often there is one piece, which is not copied.
                if whole.is_empty() {
                    whole = data;
                } else {
                    rest.extend_from_slice(&data);
                }
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    if !rest.is_empty() {
        let mut all = BytesMut::with_capacity(length);
        all.extend_from_slice(&whole);
        all.extend_from_slice(&rest);
        whole = all.freeze();
    }
    Ok((whole, trailers))
}

/// Reads on, so that the runtime comes to read what it is told.
pub(super) async fn drop_rest(mut body: Incoming) {
    let mut left = MAX_DROPPED;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// The error with which a stream ended, if its trailers tell of one.
pub(super) fn of_trailers(trailers: HeaderMap) -> Option<FunctionError> {
    let category = text(&trailers, wire::ERROR_TYPE).filter(|category| !category.is_empty());
    let body = text(&trailers, wire::ERROR_BODY).unwrap_or_default();
    let document = BASE64_STANDARD.decode(body).unwrap_or_default();
    (category.is_some() || !document.is_empty())
        .then(|| document::error(&document, category, UNNAMED))
}

fn truncated() -> FunctionError {
    let message = "the runtime's answer broke off";
    FunctionError::new(ErrorKind::Internal, "Runtime.TruncatedResponse", message)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
