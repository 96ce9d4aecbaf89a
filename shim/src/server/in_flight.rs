//! A request in flight, counted from its head to the last byte of its response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::activity::Activity;
use crate::frontend::Peer;
use crate::invocation::{Body, BodyError};

/// What the requests of one connection share. They count references to this, not to the app:
/// there, all cores would write to one place for every request.
#[derive(Debug)]
pub(super) struct Link<A> {
    pub(super) app: Arc<A>,
    pub(super) activity: Arc<Activity>,
    pub(super) http2: bool,
    pub(super) peer: Peer,
}

/// Counts one request of a connection while it lives.
#[derive(Debug)]
pub(super) struct InFlight<A> {
    link: Arc<Link<A>>,
    ours: bool,
}

impl<A> InFlight<A> {
    // Not inlined, so that the service that calls it is small enough to be, into hyper: otherwise the
    // future that it returns, of more than a KiB, is moved twice.
    #[inline(never)]
    pub(super) fn new(link: &Arc<Link<A>>, has_body: bool) -> Self {
        link.activity.request_begins(has_body, !link.http2);
        Self {
            link: link.clone(),
            ours: true,
        }
    }

    pub(super) fn app(&self) -> &A {
        &self.link.app
    }

    pub(super) fn peer(&self) -> Peer {
        self.link.peer
    }

    /// HTTP/1 needs no notes: there, a client that takes nothing stalls the socket.
    fn note_turn(&mut self, ours: bool) {
        if !self.link.http2 {
            return;
        }
        let activity = &self.link.activity;
        match (ours, self.ours) {
            (true, false) => activity.our_turn(),
            (false, true) => activity.clients_turn(),
            (false, false) => activity.progress(),
            (true, true) => {}
        }
        self.ours = ours;
    }
}

impl<A> Drop for InFlight<A> {
    fn drop(&mut self) {
        let one_at_a_time = !self.link.http2;
        self.link.activity.request_ends(self.ours, one_at_a_time);
    }
}

/// A response body that keeps its request in flight until the server is done with it.
#[derive(Debug)]
pub(super) struct Counted<A> {
    pub(super) body: Body,
    pub(super) request: InFlight<A>,
}

impl<A> http_body::Body for Counted<A> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        this.request.note_turn(frame.is_pending());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
