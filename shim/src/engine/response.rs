//! Streamed responses: the invocation is not over before they are.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::limit::Permit;
use crate::invocation::{Answer, Body, BodyError, BoxBody, FunctionError};

/// When an invocation ends, and the limit that says so.
pub(super) type Ends = Option<(Instant, Duration)>;

/// A streamed answer keeps its place and its deadline until its last byte; others are done.
pub(super) fn hold(answer: Answer, permit: Permit, ends: Ends) -> Answer {
    match answer {
        Answer::Event(body) => Answer::Event(hold_body(body, permit, ends)),
        Answer::Http(mut response) => {
            let body = std::mem::take(response.body_mut());
            *response.body_mut() = hold_body(body, permit, ends);
            Answer::Http(response)
        }
    }
}

fn hold_body(body: Body, permit: Permit, ends: Ends) -> Body {
    match body {
        Body::Stream(body) => {
            let ends =
                ends.map(|(at, limit)| (Box::pin(tokio::time::sleep_until(at.into())), limit));
            Body::stream(Held {
                body: Some(body),
                ends,
                permit: Some(permit),
            })
        }
        whole => whole,
    }
}

struct Held {
    body: Option<BoxBody>,
    ends: Option<(Pin<Box<Sleep>>, Duration)>,
    permit: Option<Permit>,
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
