//! From what a run came to, to what crosses.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use abi_stable::std_types::ROption;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::bytes::AbiBytes;
use crate::fault::Fault;
use crate::glue::entry::{Response, ResponseBody};
use crate::glue::guard::{Guard, Guarded};
use crate::glue::invocation::Invocation;
use crate::glue::runtime;
use crate::stream::{AbiChunk, AbiStream};
use crate::types::{AbiReply, KIND_ERROR};

/// Chunks that the handler may be ahead of the reader.
const CHUNKS_AHEAD: usize = 2;

/// The reply to a run.
pub fn reply(run: Guarded<Result<Response, Fault>>, invocation: &Arc<Invocation>) -> AbiReply {
    let longest_poll_ns = run.longest_poll_ns;
    match run.value.and_then(|value| value) {
        Ok(response) => {
            let (body, stream) = match response.body {
                ResponseBody::Full(bytes) => (bytes.into(), ROption::RNone),
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
    let Ok(handle) = runtime::handle() else {
        return AbiStream::new(Once(Some(AbiChunk::error(
            "Runtime.Internal",
            "not attached",
        ))));
    };
    let (chunks, receiver) = mpsc::channel::<AbiChunk>(CHUNKS_AHEAD);
    handle.spawn(async move {
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
        let end = poll_fn(|cx| match closed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut guarded).poll(cx).map(Some),
        });
        if let Some(Guarded {
            value: Err(fault), ..
        }) = end.await
        {
            let chunk = AbiChunk {
                fields: fault.to_fields(),
                ..AbiChunk::error("", "")
            };
            let _ = chunks.send(chunk).await;
        }
    });
    AbiStream::new(Receiver(receiver))
}

struct Receiver(mpsc::Receiver<AbiChunk>);

impl Stream for Receiver {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        self.0.poll_recv(cx)
    }
}

struct Once(Option<AbiChunk>);

impl Stream for Once {
    type Item = AbiChunk;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        Poll::Ready(self.0.take())
    }
}
