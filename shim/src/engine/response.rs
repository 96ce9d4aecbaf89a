//! Streamed responses: the invocation is not over before they are.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::limit::{OwnedPermit, Permit};
use crate::invocation::{Answer, Body, BodyError, BoxBody, FunctionError};

/// When an invocation ends, and the limit that says so.
pub(super) type Ends = Option<(Instant, Duration)>;

/// A streamed answer keeps its place and its deadline until its last byte; others are done.
pub(super) fn hold(mut answer: Answer, permit: Permit<'_>, ends: Ends) -> Answer {
    let body = match &mut answer {
        Answer::Event(body) => body,
        Answer::Http(response) => response.body_mut(),
    };
    if let Body::Stream(_) = body
        && let Body::Stream(stream) = std::mem::take(body)
    {
        let ends = ends.map(|(at, limit)| (Box::pin(tokio::time::sleep_until(at.into())), limit));
        *body = Body::stream(Held {
            body: Some(stream),
            ends,
            permit: Some(permit.into_owned()),
        });
    }
    answer
}

struct Held {
    body: Option<BoxBody>,
    ends: Option<(Pin<Box<Sleep>>, Duration)>,
    permit: Option<OwnedPermit>,
}

impl Held {
    fn end(&mut self) {
        self.body = None;
        self.permit = None;
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let polled = body.as_mut().poll_frame(cx);
        if polled.is_pending()
            && let Some((sleep, limit)) = &mut this.ends
            && sleep.as_mut().poll(cx).is_ready()
        {
            let error = FunctionError::timed_out(*limit);
            this.end();
            return Poll::Ready(Some(Err(BodyError::Failed(Box::new(error)))));
        }
        if !matches!(polled, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            this.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, |body| body.size_hint())
    }
}
