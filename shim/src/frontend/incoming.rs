//! The body of a request, from the socket to the handler.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::runtime::Handle;

use super::buffers;
use super::patience::Patience;
use crate::invocation::{Body, BodyError};

/// Web handlers get bodies up to this announced length in one piece, so that a slow client does
/// not occupy an instance while it sends.
const COLLECT_UP_TO: u64 = 64 * 1024;

/// How much of a refused body is read, in bytes.
const MAX_DISCARDED: u64 = 32 * 1024 * 1024;

/// How much a request may bring along, and how slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPolicy {
    /// The longest body, in bytes (413 beyond it). 6 MiB by default, as AWS Lambda.
    pub max_bytes: u64,
    /// How long a client may send nothing in the middle of a body (408 after it). 30 s by default.
    pub timeout: Duration,
}

impl Default for BodyPolicy {
    fn default() -> Self {
        Self {
            max_bytes: 6 * 1024 * 1024,
            timeout: Duration::from_secs(30),
        }
    }
}

impl BodyPolicy {
    /// Refuses a body by its announced length, before any of it is used: it is
    /// [discarded](Self::discard).
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<Incoming, BodyError> {
        if body.size_hint().lower() <= self.max_bytes {
            return Ok(body);
        }
        self.discard(headers, body).await;
        Err(self.too_large())
    }

    /// Reads the body of a request that is refused, and forgets it: some clients look for an answer
    /// only once they have sent everything, and take a connection that is cut before for a reason to
    /// try again. One of more than 32 MiB, or of a length that is not announced, is not read; nor one
    /// of which the client asks first whether to send it.
    // Boxed, for it is rare.
    pub(super) async fn discard(&self, headers: &HeaderMap, body: Incoming) {
        let length = body.size_hint().exact();
        let unwanted = length.is_some_and(|length| length > 0 && length <= MAX_DISCARDED);
        if unwanted && !headers.contains_key(EXPECT) {
            Box::pin(self.forget(body)).await;
        }
    }

    async fn forget(&self, mut body: Incoming) {
        let mut patience = Patience::new(self.timeout, None);
        let mut next = std::future::poll_fn(|cx| patience.poll_frame(&mut body, cx));
        while let Some(Ok(_)) = (&mut next).await {}
    }

    /// The whole body. One that arrives in one piece is not copied.
    ///
    /// Holds at most `max_bytes` (once more while growing when no length was announced).
    pub(super) async fn collect(&self, mut body: Incoming) -> Result<Bytes, BodyError> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let announced = body.size_hint().exact();
        let mut patience = Patience::new(self.timeout, None);
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        loop {
            let frame = std::future::poll_fn(|cx| patience.poll_frame(&mut body, cx)).await;
            let Some(frame) = frame.transpose()? else {
                break;
            };
            let Ok(data) = frame.into_data() else {
                continue; // Trailers mean nothing to a function.
            };
            let so_far = (first.len() + whole.len()) as u64;
            if so_far.saturating_add(data.len() as u64) > self.max_bytes {
                return Err(self.too_large());
            }
            if first.is_empty() && whole.is_empty() {
                first = data;
            } else {
                if whole.is_empty() {
                    let capacity = announced.map_or(0, |length| length.min(self.max_bytes));
                    whole = buffers::take(usize::try_from(capacity).unwrap_or(0));
                    whole.extend_from_slice(&std::mem::take(&mut first));
                }
                whole.extend_from_slice(&data);
            }
            if body.is_end_stream() {
                break;
            }
        }
        if whole.is_empty() {
            return Ok(first);
        }
        let body = whole.split().freeze();
        buffers::keep(whole, body.len());
        Ok(body)
    }

    /// The body for a web handler: whole when it must be or is small, streamed otherwise. With a
    /// streamed one comes a place to look for what went wrong with it later.
    pub(super) async fn for_web_handler(
        &self,
        body: Incoming,
        whole: bool,
    ) -> Result<(Body, Option<Fault>), BodyError> {
        let announced = body.size_hint().exact();
        if whole || announced.is_some_and(|length| length <= COLLECT_UP_TO) {
            return Ok((self.collect(body).await?.into(), None));
        }
        let fault = Fault::default();
        let body = Streamed {
            body,
            patience: Patience::new(self.timeout, Some(Handle::current())),
            arrived: 0,
            policy: *self,
            fault: fault.clone(),
        };
        Ok((Body::stream(body), Some(fault)))
    }

    fn too_large(&self) -> BodyError {
        let limit = self.max_bytes;
        BodyError::TooLarge { limit }
    }
}

/// The error with which a streamed body ended, once it did.
pub(super) type Fault = Arc<OnceLock<BodyError>>;

/// A body that is read while the handler runs, on whatever thread the handler polls it.
struct Streamed {
    body: Incoming,
    patience: Patience,
    arrived: u64,
    policy: BodyPolicy,
    fault: Fault,
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if this.fault.get().is_some() {
            return Poll::Ready(None);
        }
        let mut next = std::task::ready!(this.patience.poll_frame(&mut this.body, cx));
        if let Some(Ok(frame)) = &next {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            this.arrived = this.arrived.saturating_add(length);
            if this.arrived > this.policy.max_bytes {
                next = Some(Err(this.policy.too_large()));
            }
        }
        if let Some(Err(error)) = &next {
            // It is empty: a body fails once.
            let _ = this.fault.set(error.clone());
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
