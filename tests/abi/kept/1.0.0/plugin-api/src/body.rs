//! The body of a web handler's request or response.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::{Frame, SizeHint};
use plugin_api_abi::bytes::AbiBytes;
use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::{EntryError as _, ResponseBody};
use plugin_api_abi::glue::own_thread;
use plugin_api_abi::stream::{AbiChunk, CHUNK_DATA, CHUNK_ERROR};
use plugin_api_abi::types::ERROR_HANDLER;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::Error;

/// The body of a request or a response: whole, or streamed as it comes.
///
/// A request's body is streamed when it is long: [`bytes`](Self::bytes) collects it,
/// [`chunk`](Self::chunk) and the [`Stream`] it implements take it piece by piece, and the sender
/// is slowed down to the reader's pace. Long bodies are never copied on their way.
///
/// ```
/// use plugin_api::{Body, http};
///
/// let whole = http::Response::new(Body::from("hello"));
///
/// let (sender, body) = Body::channel();
/// let streamed = http::Response::new(body);
/// // In a task of the handler's: `sender.send("a piece").await`; dropping it ends the body.
/// # drop((whole, streamed, sender));
/// ```
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Full(Bytes),
    /// Not empty.
    Static(&'static [u8]),
    Chunks(Pin<Box<dyn Stream<Item = AbiChunk> + Send>>),
    Stream(Pieces),
}

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that is sent as `stream` yields it. An error ends it: the client sees a broken
    /// connection, since the head is gone already.
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<Error>,
    {
        Self(Inner::Stream(Box::pin(Mapped(Box::pin(stream)))))
    }

    /// A body that is sent piece by piece through the sender, which waits while the reader is slow.
    pub fn channel() -> (BodySender, Self) {
        let (sender, receiver) = mpsc::channel(1);
        let torn = Arc::new(AtomicBool::new(false));
        let pieces = Receiver {
            pieces: receiver,
            torn: torn.clone(),
        };
        let sender = BodySender {
            pieces: sender,
            torn,
        };
        (sender, Self(Inner::Stream(Box::pin(pieces))))
    }

    /// A body that the other side streams.
    pub(crate) fn from_chunks(chunks: impl Stream<Item = AbiChunk> + Send + 'static) -> Self {
        Self(Inner::Chunks(Box::pin(chunks)))
    }

    pub(crate) fn into_abi(self) -> ResponseBody {
        match self.0 {
            Inner::Empty => ResponseBody::Full(AbiBytes::empty()),
            Inner::Full(bytes) => ResponseBody::Full(bytes.into()),
            Inner::Static(bytes) => ResponseBody::Full(AbiBytes::from_static(bytes)),
            Inner::Chunks(chunks) => ResponseBody::Stream(chunks),
            Inner::Stream(stream) => ResponseBody::Stream(Box::pin(Chunks(Some(stream)))),
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The sender left, broke the protocol, was too slow, or sent more than the host's limit.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// All of it. Memory is bounded by the host's body limit (`--max-body`).
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await.transpose()? else {
            return Ok(first);
        };
        let mut whole = BytesMut::with_capacity((first.len() + second.len()) * 2);
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.chunk().await.transpose()? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// As [`bytes`](Self::bytes), for a plain `fn`, to which request bodies come whole. Waiting for
    /// a streamed one it blocks the thread: not for async code.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub fn blocking_bytes(self) -> Result<Bytes, Error> {
        own_thread::block_on(self.bytes())
    }

    /// All of it, as UTF-8 text.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), or it is not UTF-8.
    pub async fn text(self) -> Result<String, Error> {
        Ok(String::from_utf8(self.bytes().await?.into())?)
    }

    /// All of it, as JSON.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), or it is not the JSON of a `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(serde_json::from_slice(&self.bytes().await?)?)
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match &mut self.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Inner::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Inner::Static(bytes) => {
                let bytes = Bytes::from_static(bytes);
                self.0 = Inner::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Inner::Stream(stream) => {
                let piece = std::task::ready!(stream.as_mut().poll_next(cx));
                if !matches!(piece, Some(Ok(_))) {
                    self.0 = Inner::Empty;
                }
                Poll::Ready(piece)
            }
            Inner::Chunks(chunks) => loop {
                let Some(chunk) = std::task::ready!(chunks.as_mut().poll_next(cx)) else {
                    self.0 = Inner::Empty;
                    return Poll::Ready(None);
                };
                match chunk.kind {
                    CHUNK_DATA => return Poll::Ready(Some(Ok(chunk.data.into()))),
                    CHUNK_ERROR => {
                        let fault = Fault::from_fields(ERROR_HANDLER, chunk.fields);
                        self.0 = Inner::Empty;
                        return Poll::Ready(Some(Err(Error::from_fault(fault))));
                    }
                    _ => {}
                }
            },
        }
    }
}

/// Sends a streamed body. Dropping it ends the body; by failure (`Runtime.Panic`), if a panic drops it.
#[derive(Debug, Clone)]
pub struct BodySender {
    pieces: mpsc::Sender<Result<Bytes, Error>>,
    /// A panic has ended the body.
    torn: Arc<AtomicBool>,
}

impl BodySender {
    /// Sends a piece, once the reader has room for it.
    ///
    /// # Errors
    /// The reader is gone: nothing more will be read.
    pub async fn send(&self, piece: impl Into<Bytes>) -> Result<(), Error> {
        let gone = |_| Error::new("ClientGone", "nobody reads the response any more");
        self.pieces.send(Ok(piece.into())).await.map_err(gone)
    }

    /// Ends the body by failure.
    pub async fn fail(self, error: impl Into<Error>) {
        let _ = self.pieces.send(Err(error.into())).await;
    }
}

impl Drop for BodySender {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.torn.store(true, Ordering::Release);
        }
    }
}

/// A stream with its items in our types.
struct Mapped<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Mapped<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<Error>,
{
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = std::task::ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(item.map(|item| item.map(Into::into).map_err(Into::into)))
    }
}

struct Receiver {
    pieces: mpsc::Receiver<Result<Bytes, Error>>,
    torn: Arc<AtomicBool>,
}

impl Stream for Receiver {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.pieces.poll_recv(cx));
        // What ends without a word ends well, unless its sender was dropped by a panic.
        if piece.is_none() && self.torn.swap(false, Ordering::Acquire) {
            let why = "what sent the body panicked; the log says where";
            return Poll::Ready(Some(Err(Error::new("Runtime.Panic", why))));
        }
        Poll::Ready(piece)
    }
}

/// A stream in the form that crosses; an error is its last chunk.
struct Chunks(Option<Pieces>);

impl Stream for Chunks {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        let Some(stream) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let chunk = match std::task::ready!(stream.as_mut().poll_next(cx)) {
            Some(Ok(bytes)) => AbiChunk::data(bytes),
            Some(Err(error)) => {
                self.0 = None;
                let fault = error.fault();
                AbiChunk {
                    fields: fault.to_fields(),
                    ..AbiChunk::error("", "")
                }
            }
            None => return Poll::Ready(None),
        };
        Poll::Ready(Some(chunk))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyFailed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailed>>> {
        let chunk = std::task::ready!(self.poll_chunk(cx));
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data).map_err(BodyFailed)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Static(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Chunks(_) | Inner::Stream(_) => SizeHint::default(),
        }
    }
}

/// [`Error`] as a `std::error::Error`, which libraries that take an `http_body::Body` ask for.
#[derive(Debug)]
pub struct BodyFailed(pub(crate) Error);

impl fmt::Display for BodyFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for BodyFailed {}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() {
            Inner::Empty
        } else {
            Inner::Full(bytes)
        })
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {
        $(impl From<$type> for Body {
            fn from(bytes: $type) -> Self {
                Bytes::from(bytes).into()
            }
        })*
    };
}
from_bytes!(Vec<u8>, String, Box<[u8]>);

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Self(if bytes.is_empty() {
            Inner::Empty
        } else {
            Inner::Static(bytes)
        })
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        text.as_bytes().into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty => f.write_str("Body(empty)"),
            Inner::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Static(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Chunks(_) | Inner::Stream(_) => f.write_str("Body(streamed)"),
        }
    }
}
