//! The host's end: hands out invocations to one runtime, and takes its answers.
//!
//! One [`RuntimeApi`] stands for one runtime, so it has a listener of its own: some clients cannot
//! do with a path before the API's. [`RuntimeApi::serve`] takes that listener and a signal to stop;
//! [`RuntimeApi::invoke`] waits until the runtime has fetched the event and answered. Time limits
//! are the caller's: an invocation that is dropped is abandoned, and its late answer is refused.
//!
//! * `serve`: connections; `service`: what is asked for; `refusal`: what it is refused with
//! * `state`: which invocations wait, run, and were answered
//! * `answer`, `stream`, `document`: from what a runtime sends to an answer or a function's error
//! * `extensions`: the part of the Extensions API that a runtime uses for itself

mod answer;
mod document;
mod extensions;
mod refusal;
mod serve;
mod service;
mod state;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot, watch};

use self::extensions::Extensions;
use self::state::State;
use crate::invocation::{Answer, Caller, ErrorKind, FunctionError, RequestId};

/// What the API tells a runtime of its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The function's name.
    pub function: String,
    /// Its version.
    pub version: String,
    /// Its handler, as `_HANDLER` says it.
    pub handler: String,
    /// Its ARN, for invocations whose caller named none.
    pub arn: String,
    /// How many invocations the runtime may have at once; at least 1.
    pub concurrency: usize,
}

/// An invocation for a runtime.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its request id.
    pub id: RequestId,
    /// The event.
    pub event: Bytes,
    /// When it has to be done. The runtime is told; nothing here ends it.
    pub deadline: SystemTime,
    /// The trace header.
    pub trace_id: Option<String>,
    /// What else the caller said.
    pub caller: Caller,
}

/// How far the runtime has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Init,
    /// It has asked for an invocation.
    Ready,
    /// It has told that it cannot be set up.
    Failed(FunctionError),
}

/// A Runtime API for one runtime.
#[derive(Debug, Clone)]
pub struct RuntimeApi(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Settings,
    state: Mutex<State>,
    /// An invocation waits, or there is room for one.
    arrived: Notify,
    phase: watch::Sender<Phase>,
    extensions: Mutex<Extensions>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // It is sound between any two of its methods' statements that could panic: none does.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn extensions(&self) -> MutexGuard<'_, Extensions> {
        let extensions = self.extensions.lock();
        extensions.unwrap_or_else(PoisonError::into_inner)
    }
}

impl RuntimeApi {
    /// An API that nobody serves yet.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            settings,
            state: Mutex::default(),
            arrived: Notify::new(),
            phase: watch::Sender::default(),
            extensions: Mutex::default(),
        }))
    }

    /// Waits until the runtime asks for its first invocation.
    ///
    /// # Errors
    /// It cannot be set up; this is what it says.
    pub async fn ready(&self) -> Result<(), FunctionError> {
        let mut phase = self.0.phase.subscribe();
        // The sender is in `self`.
        let Ok(phase) = phase.wait_for(|phase| *phase != Phase::Init).await else {
            return Ok(());
        };
        match &*phase {
            Phase::Failed(error) => Err(error.clone()),
            Phase::Init | Phase::Ready => Ok(()),
        }
    }

    /// Hands out an invocation and waits for its answer, whole or with a stream that goes on. Events
    /// wait without a limit of their own: there are as many as callers.
    ///
    /// Dropping the future abandons the invocation: it is not handed out any more, or its answer is
    /// refused.
    ///
    /// # Errors
    /// The function's own, or what keeps the runtime's answer from being one.
    pub async fn invoke(&self, delivery: Delivery) -> Result<Answer, FunctionError> {
        let (reply, answer) = oneshot::channel();
        let ticket = self.0.state().wait(delivery, reply);
        let _abandon = Abandon {
            shared: &self.0,
            ticket,
        };
        self.0.arrived.notify_one();
        answer.await.unwrap_or_else(|_| {
            let message = "the runtime's answer was lost";
            let name = "Runtime.Internal";
            Err(FunctionError::new(ErrorKind::Internal, name, message))
        })
    }
}

/// Takes back what nobody waits for any more; nothing, if it was answered.
struct Abandon<'a> {
    shared: &'a Shared,
    ticket: u64,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.shared.state().abandon(self.ticket);
    }
}
