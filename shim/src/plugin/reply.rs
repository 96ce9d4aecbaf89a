//! What crossed back, as the waist's answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use abi_stable::std_types::ROption;
use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::fields::{Fields, tag};
use plugin_api_abi::stream::{AbiStream, CHUNK_DATA, CHUNK_ERROR};
use plugin_api_abi::types::{
    AbiReply, ERROR_BAD_EVENT, ERROR_CANCELLED, ERROR_INTERNAL, ERROR_PANIC, KIND_ERROR,
    KIND_EVENT, KIND_HTTP,
};

use super::request::Spare;
use crate::invocation::{Answer, Body, BodyError, ErrorKind, FunctionError};

/// Turns a reply into an answer. Whole bodies are not copied; nothing in it is trusted. The headers
/// of a response take the room of those that `spare` had.
pub(super) fn answer(reply: AbiReply, spare: Spare) -> Result<Answer, Box<FunctionError>> {
    let body = match reply.stream {
        ROption::RNone => Body::from(Bytes::from(reply.body)),
        ROption::RSome(stream) => Body::stream(Streamed(Some(stream))),
    };
    match reply.kind {
        KIND_EVENT => Ok(Answer::Event(body)),
        KIND_HTTP => http_response(&Fields::new(reply.fields), body, spare).map(Answer::Http),
        KIND_ERROR => {
            let fault = Fault::from_fields(reply.error, reply.fields);
            Err(Box::new(function_error(fault)))
        }
        other => Err(broken(format!(
            "the plugin answered with a reply of unknown kind {other}"
        ))),
    }
}

pub(super) fn function_error(fault: Fault) -> FunctionError {
    let kind = match fault.kind {
        ERROR_PANIC => ErrorKind::Panic,
        ERROR_BAD_EVENT => ErrorKind::BadEvent,
        ERROR_CANCELLED => ErrorKind::Cancelled,
        ERROR_INTERNAL => ErrorKind::Internal,
        _ => ErrorKind::Handler,
    };
    FunctionError {
        kind,
        name: fault.name,
        message: fault.message,
        location: fault.location,
        stack_trace: fault.stack_trace,
    }
}

#[cold]
pub(super) fn broken(message: String) -> Box<FunctionError> {
    let kind = ErrorKind::Internal;
    Box::new(FunctionError::new(kind, "Runtime.Internal", message))
}

fn http_response(
    fields: &Fields,
    body: Body,
    spare: Spare,
) -> Result<Box<Response<Body>>, Box<FunctionError>> {
    let mut response = Box::write(Box::new_uninit(), Response::new(body));
    if let Some(mut spare) = spare {
        std::mem::swap(response.headers_mut(), spare.headers_mut());
    }
    let mut name = None;
    for (found, value) in fields.iter() {
        match found {
            tag::STATUS => {
                let number = value.try_into().map(u16::from_le_bytes).unwrap_or_default();
                *response.status_mut() = StatusCode::from_u16(number)
                    .map_err(|_| broken(format!("the handler answered with status {number}")))?;
            }
            tag::HEADER_NAME => {
                name = Some(HeaderName::from_bytes(value).map_err(|error| {
                    broken(format!(
                        "the handler answered with a bad header name: {error}"
                    ))
                })?);
            }
            tag::HEADER_VALUE => {
                if let Some(name) = name.take() {
                    let value = HeaderValue::from_bytes(value).map_err(|error| {
                        broken(format!(
                            "the handler answered with a bad header value: {error}"
                        ))
                    })?;
                    response.headers_mut().append(name, value);
                }
            }
            _ => {}
        }
    }
    Ok(response)
}

/// A streamed response as the frontend pulls it.
struct Streamed(Option<AbiStream>);

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let Some(stream) = &mut self.0 else {
                return Poll::Ready(None);
            };
            let Some(chunk) = std::task::ready!(Pin::new(stream).poll_next(cx)) else {
                self.0 = None;
                return Poll::Ready(None);
            };
            match chunk.kind {
                CHUNK_DATA => return Poll::Ready(Some(Ok(Frame::data(chunk.data.into())))),
                CHUNK_ERROR => {
                    self.0 = None;
                    let fault = Fault::from_fields(0, chunk.fields);
                    let error = Box::new(function_error(fault));
                    return Poll::Ready(Some(Err(BodyError::Failed(error))));
                }
                _ => {}
            }
        }
    }
}
