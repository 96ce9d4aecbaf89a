//! What a handler must be able to do, in plain Rust types.

use std::future::Future;
use std::pin::Pin;

use futures_core::Stream;

use crate::bytes::AbiBytes;
use crate::fault::Fault;
use crate::fields::FieldsWriter;
use crate::glue::invocation::{Function, InvocationRef};
use crate::stream::{AbiChunk, AbiStream};

/// A handler with its lifecycle. Implemented by the `#[handler]` macro, never by hand.
pub trait Entry: Sized + Send + Sync + 'static {
    /// The `FLAG_…` bits.
    const FLAGS: u64;

    /// What the handler says of its types: each appends a tagged value, or does not. The author's
    /// code runs in them, each behind a barrier of its own.
    const DESCRIBE: &'static [fn(&mut FieldsWriter)] = &[];

    /// The state of one instance; `()` for a stateless handler.
    type Instance: Send + 'static;

    /// The error that travels inside the plugin, so that `run` gets what `start` returned.
    type Error: EntryError;

    /// The instance of a stateless handler, which needs no making.
    fn stateless() -> Option<Self::Instance> {
        None
    }

    /// The handler, if none of the author's code runs in [`init`](Self::init): it needs no runtime
    /// then, and `init` is not called.
    fn without_init() -> Option<Self> {
        None
    }

    /// Once per function.
    fn init(function: &'static Function) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Makes an instance.
    fn start(&self) -> impl Future<Output = Result<Self::Instance, Self::Error>> + Send;

    /// Runs one invocation, on an instance or on the error that there is instead of one.
    fn run(
        &self,
        instance: Result<&mut Self::Instance, Self::Error>,
        request: Request<'_>,
    ) -> impl Future<Output = Result<Response, Self::Error>> + Send;

    /// Ends an instance.
    fn stop(
        &self,
        instance: Self::Instance,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The error type of a handler, as the boundary sees it.
pub trait EntryError: Send + 'static {
    /// What callers see of it.
    fn fault(&self) -> Fault;
    /// An error that arose on the boundary itself.
    fn from_fault(fault: Fault) -> Self;
}

/// One invocation's input.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the handler may know of the invocation; its fields hold the HTTP head too.
    pub invocation: InvocationRef<'a>,
    /// The event, or the HTTP body if it is whole.
    pub body: AbiBytes,
    /// The HTTP body if it is streamed.
    pub stream: Option<AbiStream>,
}

/// One invocation's output.
pub struct Response {
    /// `KIND_EVENT` or `KIND_HTTP`.
    pub kind: u32,
    /// The HTTP head.
    pub fields: FieldsWriter,
    /// The payload.
    pub body: ResponseBody,
}

/// The payload of a response.
pub enum ResponseBody {
    /// All of it.
    Full(AbiBytes),
    /// As it comes. Polled on the plugin's runtime.
    Stream(Pin<Box<dyn Stream<Item = AbiChunk> + Send>>),
}
