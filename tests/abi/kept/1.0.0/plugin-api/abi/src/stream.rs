//! Streamed bodies: pulled chunk by chunk, so that the reader sets the pace.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RVec};
use async_ffi::{ContextExt, FfiContext, FfiPoll};
use bytes::Bytes;
use futures_core::Stream;

use crate::bytes::AbiBytes;
use crate::fields::{FieldsWriter, tag};

/// [`AbiChunk::kind`]: bytes of the body.
pub const CHUNK_DATA: u32 = 0;
/// [`AbiChunk::kind`]: trailers, as [`tag::HEADER_NAME`]/[`tag::HEADER_VALUE`] pairs. The last chunk.
pub const CHUNK_TRAILERS: u32 = 1;
/// [`AbiChunk::kind`]: the stream failed; an error in `fields`. The last chunk.
pub const CHUNK_ERROR: u32 = 2;

/// One piece of a streamed body. Readers skip kinds that they do not know.
#[repr(C)]
#[derive(StableAbi, Debug)]
pub struct AbiChunk {
    /// One of the `CHUNK_…` numbers.
    pub kind: u32,
    /// The bytes of a data chunk.
    pub data: AbiBytes,
    /// The tagged values of any other chunk.
    pub fields: RVec<u8>,
}

impl AbiChunk {
    /// A piece of the body.
    pub fn data(data: Bytes) -> Self {
        Self {
            kind: CHUNK_DATA,
            data: data.into(),
            fields: RVec::new(),
        }
    }

    /// The end by failure.
    pub fn error(name: &str, message: &str) -> Self {
        let mut fields = FieldsWriter::default();
        fields.put(tag::ERROR_NAME, name.as_bytes());
        fields.put(tag::ERROR_MESSAGE, message.as_bytes());
        Self {
            kind: CHUNK_ERROR,
            data: AbiBytes::empty(),
            fields: fields.finish(),
        }
    }
}

/// A stream of [`AbiChunk`]s, polled by the reader, freed by its maker.
///
/// May be polled from any thread, one at a time. Dropping it tells the writer that nobody reads on.
#[repr(C)]
#[derive(StableAbi)]
pub struct AbiStream {
    source: *mut c_void,
    poll: unsafe extern "C" fn(
        source: *mut c_void,
        context: &mut FfiContext<'_>,
    ) -> FfiPoll<ROption<AbiChunk>>,
    free: unsafe extern "C" fn(source: *mut c_void),
}

// SAFETY: (I6) `source` is a boxed Send stream (see `new`), used through `&mut self` only.
unsafe impl Send for AbiStream {}

/// What `source` points to: the box makes the fat pointer thin.
type Source = Pin<Box<dyn Stream<Item = AbiChunk> + Send>>;

impl AbiStream {
    /// Hands `stream` to the other side.
    pub fn new(stream: impl Stream<Item = AbiChunk> + Send + 'static) -> Self {
        let source: Source = Box::pin(stream);
        Self {
            source: Box::into_raw(Box::new(source)).cast(),
            poll: poll_source,
            free: free_source,
        }
    }
}

/// Polls a source; a panic becomes `FfiPoll::Panicked`, nothing unwinds across (I4).
///
/// # Safety
/// `source` comes from [`AbiStream::new`] of this same binary, is not freed, and not in use elsewhere.
unsafe extern "C" fn poll_source(
    source: *mut c_void,
    context: &mut FfiContext<'_>,
) -> FfiPoll<ROption<AbiChunk>> {
    // SAFETY: the caller's promise.
    let source = unsafe { &mut *source.cast::<Source>() };
    let polled = catch_unwind(AssertUnwindSafe(|| {
        context.with_context(|context| source.as_mut().poll_next(context))
    }));
    match polled {
        Ok(Poll::Ready(chunk)) => FfiPoll::Ready(chunk.into()),
        Ok(Poll::Pending) => FfiPoll::Pending,
        Err(payload) => {
            forget_payload(payload);
            FfiPoll::Panicked
        }
    }
}

/// Frees a source; a panic in a destructor ends here (I4).
///
/// # Safety
/// `source` comes from [`AbiStream::new`] of this same binary and is not used again.
unsafe extern "C" fn free_source(source: *mut c_void) {
    // SAFETY: the caller's promise.
    let source = unsafe { Box::from_raw(source.cast::<Source>()) };
    quietly(|| drop(source));
}

/// Runs what may panic and whose panic matters to nobody.
pub(crate) fn quietly(action: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(action)) {
        forget_payload(payload);
    }
}

/// Drops a panic's payload, whose own destructor may panic too.
pub(crate) fn forget_payload(payload: Box<dyn std::any::Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

impl Stream for AbiStream {
    type Item = AbiChunk;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AbiChunk>> {
        // SAFETY: (I6) `source` lives until our drop, and `&mut self` makes this the only use.
        let polled = cx.with_ffi_context(|context| unsafe { (self.poll)(self.source, context) });
        match polled {
            FfiPoll::Ready(chunk) => Poll::Ready(chunk.into()),
            FfiPoll::Pending => Poll::Pending,
            FfiPoll::Panicked => Poll::Ready(Some(AbiChunk::error(
                "Runtime.Panic",
                "the stream panicked",
            ))),
        }
    }
}

impl Drop for AbiStream {
    fn drop(&mut self) {
        // SAFETY: (I6) made together with `source`; this is its last use.
        unsafe { (self.free)(self.source) };
    }
}

impl std::fmt::Debug for AbiStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AbiStream")
    }
}
