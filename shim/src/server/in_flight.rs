//! A request in flight, counted from its head to the last byte of its response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::activity::Activity;
use crate::invocation::{Body, BodyError};

/// Counts one request of a connection while it lives.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Arc<Activity>,
    /// Notes whose turn it is. HTTP/1 needs no notes: there, a client that takes nothing stalls
    /// the socket.
    notes_turns: bool,
    ours: bool,
}

impl InFlight {
    pub(super) fn new(activity: Arc<Activity>, has_body: bool, http2: bool) -> Self {
        activity.request_begins(has_body);
        Self {
            activity,
            notes_turns: http2,
            ours: true,
        }
    }

    fn note_turn(&mut self, ours: bool) {
        match (ours, self.ours) {
            (true, false) => self.activity.our_turn(),
            (false, true) => self.activity.clients_turn(),
            (false, false) => self.activity.progress(),
            (true, true) => {}
        }
        self.ours = ours;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.activity.request_ends(self.ours);
    }
}

/// A response body that keeps its request in flight until the server is done with it.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) body: Body,
    pub(super) request: InFlight,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        if this.request.notes_turns {
            this.request.note_turn(frame.is_pending());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
