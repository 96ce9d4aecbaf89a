//! The lifecycle of a handler with state.

use std::future::Future;

use crate::{Context, Error, InitContext};

/// A handler with a lifecycle: what is costly to make is made once and used many times.
///
/// * [`init`](Self::init) runs once when the function is loaded; its value is shared by all
///   instances. If it fails, the plugin is refused with its error.
/// * [`start`](Self::start) makes one instance. Instances are kept and reused; there are as many as
///   invocations ran at once, up to the host's `--concurrency`.
/// * [`run`](Self::run) answers one invocation, with exclusive access to its instance.
/// * [`stop`](Self::stop) ends an instance: when it was idle for long, when its run was cancelled,
///   and at shutdown. It is never skipped, except for an instance whose `run` panicked: that one is
///   dropped, and the next invocation gets a fresh one.
///
/// ```
/// use plugin_api::{Context, Error, Handler, InitContext, handler};
///
/// struct Counter {
///     step: u64,
/// }
///
/// /// Counts the invocations that each instance has answered.
/// #[handler]
/// impl Handler for Counter {
///     type Event = serde_json::Value;
///     type Response = u64;
///     type Instance = u64;
///
///     async fn init(ctx: &InitContext) -> Result<Self, Error> {
///         Ok(Self { step: ctx.var("STEP").unwrap_or("1").parse()? })
///     }
///
///     async fn start(&self) -> Result<u64, Error> {
///         Ok(0)
///     }
///
///     async fn run(
///         &self,
///         instance: Result<&mut u64, Error>,
///         _event: serde_json::Value,
///         _ctx: Context,
///     ) -> Result<u64, Error> {
///         let count = instance?;
///         *count += self.step;
///         Ok(*count)
///     }
/// }
/// ```
pub trait Handler: Sized + Send + Sync + 'static {
    /// What goes in: any type that deserialises, [`Bytes`](crate::Bytes), or
    /// `http::Request<`[`Body`](crate::Body)`>`.
    type Event;

    /// What comes out: any type that serialises, [`Bytes`](crate::Bytes),
    /// [`Body`](crate::Body), or `http::Response<`[`Body`](crate::Body)`>`.
    type Response;

    /// The state of one instance.
    type Instance: Send + 'static;

    /// Called once when the function is loaded, on a thread where it may block, before anything
    /// else. The host waits 10 seconds at most.
    ///
    /// # Errors
    /// The plugin is refused with the error.
    fn init(ctx: &InitContext) -> impl Future<Output = Result<Self, Error>> + Send;

    /// Makes an instance, on a thread where it may block. Called when an invocation needs one and
    /// none is free; never twice for one instance, possibly several times at once.
    ///
    /// # Errors
    /// The error is handed to `run` for the invocation that needed the instance; the next one
    /// tries `start` again.
    fn start(&self) -> impl Future<Output = Result<Self::Instance, Error>> + Send;

    /// Answers one invocation. `instance` is the invocation's own until it ends, or the error with
    /// which `start` failed: `let state = instance?;` passes it on, but `run` may answer all the
    /// same.
    ///
    /// Dropped at an `await` when the deadline passes or the caller leaves; the instance is then
    /// stopped, not reused.
    ///
    /// # Errors
    /// The caller sees the error's name and message; the instance is kept.
    fn run(
        &self,
        instance: Result<&mut Self::Instance, Error>,
        event: Self::Event,
        ctx: Context,
    ) -> impl Future<Output = Result<Self::Response, Error>> + Send;

    /// Ends an instance, on a thread where it may block. By default it is just dropped.
    ///
    /// # Errors
    /// Logged by the host; the instance is gone either way.
    fn stop(&self, instance: Self::Instance) -> impl Future<Output = Result<(), Error>> + Send {
        drop(instance);
        async { Ok(()) }
    }
}
