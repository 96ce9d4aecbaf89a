//! The slot that holds one started instance, and who may have it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;

use crate::fault::Fault;
use crate::glue::entry::{Entry, EntryError as _, Request, Response};
use crate::stream::quietly;

/// What `start` came to.
pub enum Started<E: Entry> {
    /// An instance.
    Instance(E::Instance),
    /// The error of a failed start, for one run.
    Failed(Option<E::Error>),
}

/// One instance: lent to one run at a time, ended once.
pub struct Slot<E: Entry> {
    held: Mutex<Option<Started<E>>>,
    failed: bool,
    panicked: AtomicBool,
}

impl<E: Entry> Slot<E> {
    /// A slot that holds what `start` came to.
    pub fn new(started: Started<E>) -> Arc<Self> {
        let failed = matches!(started, Started::Failed(_));
        let panicked = AtomicBool::new(false);
        Arc::new(Self {
            held: Mutex::new(Some(started)),
            failed,
            panicked,
        })
    }

    /// Whether another run may have the instance after this one.
    pub fn is_poolable(&self) -> bool {
        !self.failed && !self.panicked.load(Ordering::Acquire)
    }

    /// Runs an invocation with exclusive access to the instance.
    pub async fn run(&self, handler: &E, request: Request<'_>) -> Result<Response, E::Error> {
        let mut held = self.held.lock().await;
        if self.panicked.load(Ordering::Acquire) {
            return Err(E::Error::from_fault(Fault::internal(
                "the instance panicked before",
            )));
        }
        match held.as_mut() {
            Some(Started::Instance(instance)) => handler.run(Ok(instance), request).await,
            Some(Started::Failed(error)) => match error.take() {
                Some(error) => handler.run(Err(error), request).await,
                None => Err(E::Error::from_fault(Fault::internal(
                    "the instance did not start",
                ))),
            },
            None => Err(E::Error::from_fault(Fault::internal(
                "the instance was stopped",
            ))),
        }
    }

    /// The instance is damaged: it will be dropped without `stop`.
    pub fn mark_panicked(&self) {
        self.panicked.store(true, Ordering::Release);
    }

    /// Takes the instance out to end it, once no run has it any more.
    pub async fn take(&self) -> Option<E::Instance> {
        let started = self.held.lock().await.take();
        if self.panicked.load(Ordering::Acquire) {
            quietly(|| drop(started));
            return None;
        }
        match started {
            Some(Started::Instance(instance)) => Some(instance),
            Some(Started::Failed(_)) | None => None,
        }
    }
}
