//! From what a run came to, to what crosses.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use abi_stable::std_types::ROption;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::bytes::AbiBytes;
use crate::fault::Fault;
use crate::glue::entry::{Response, ResponseBody};
use crate::glue::guard::{Guard, Guarded};
use crate::glue::invocation::Invocation;
use crate::glue::runtime;
use crate::stream::{AbiChunk, AbiStream, CHUNK_ERROR};
use crate::types::{AbiReply, KIND_ERROR};

/// Chunks that the handler may be ahead of the reader.
const CHUNKS_AHEAD: usize = 2;

/// The reply to a run.
pub fn reply(run: Guarded<Result<Response, Fault>>, invocation: &Arc<Invocation>) -> AbiReply {
    let longest_poll_ns = run.longest_poll_ns;
    match run.value.and_then(|value| value) {
        Ok(response) => {
            let (body, stream) = match response.body {
                ResponseBody::Full(bytes) => (bytes, ROption::RNone),
                ResponseBody::Stream(stream) => (
                    AbiBytes::empty(),
                    ROption::RSome(pump(stream, invocation.clone())),
                ),
            };
            let fields = response.fields.finish();
            AbiReply {
                kind: response.kind,
                error: 0,
                longest_poll_ns,
                fields,
                body,
                stream,
            }
        }
        Err(fault) => error(&fault, longest_poll_ns),
    }
}

/// The reply that says why there is none.
pub fn error(fault: &Fault, longest_poll_ns: u64) -> AbiReply {
    AbiReply {
        kind: KIND_ERROR,
        error: fault.kind,
        longest_poll_ns,
        fields: fault.to_fields(),
        body: AbiBytes::empty(),
        stream: ROption::RNone,
    }
}

/// Runs the author's stream on the plugin's runtime, a few chunks ahead of its reader. The reader
/// gone, the stream is dropped.
fn pump(
    mut stream: Pin<Box<dyn Stream<Item = AbiChunk> + Send>>,
    invocation: Arc<Invocation>,
) -> AbiStream {
    let (chunks, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    if let Ok(plugin) = runtime::plugin() {
        plugin.handle.spawn(async move {
            let to_reader = chunks.clone();
            let forward = async move {
                while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                    if to_reader.send(chunk).await.is_err() {
                        break;
                    }
                }
            };
            let mut guarded = Guard::new(forward, invocation, || {});
            let mut closed = pin!(chunks.closed());
            let done = poll_fn(|cx| match closed.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => Pin::new(&mut guarded).poll(cx).map(Some),
            });
            if let Some(Guarded {
                value: Err(fault), ..
            }) = done.await
            {
                let _ = chunks.send(failure(&fault)).await;
            }
            end.store(true, Ordering::Release);
        });
    }
    AbiStream::new(Receiver {
        chunks: receiver,
        ended,
    })
}

/// The end of a stream by failure.
fn failure(fault: &Fault) -> AbiChunk {
    AbiChunk {
        kind: CHUNK_ERROR,
        data: AbiBytes::empty(),
        fields: fault.to_fields(),
    }
}

/// The reader's end of a pumped stream.
struct Receiver {
    chunks: mpsc::Receiver<AbiChunk>,
    /// Whether the stream came to its own end. If the runtime ended before, what has come is not
    /// the whole body, and must not look like it.
    ended: Arc<AtomicBool>,
}

impl Stream for Receiver {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        let chunk = ready!(self.chunks.poll_recv(cx));
        if chunk.is_none() && !self.ended.swap(true, Ordering::AcqRel) {
            let fault = Fault::internal("the plugin is shutting down");
            return Poll::Ready(Some(failure(&fault)));
        }
        Poll::Ready(chunk)
    }
}
