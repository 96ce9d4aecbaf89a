//! What a run may know of itself.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::fields::{Fields, tag};

/// The settings under which a handler is served. One for all invocations of a function.
#[derive(Debug, Default)]
pub struct Function {
    /// The name under which it is served.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its ARN.
    pub arn: String,
    /// Its memory limit in MiB; 0: none known.
    pub memory_limit_mb: u32,
    /// Its settings, in the order given.
    pub vars: Vec<(String, String)>,
}

impl Function {
    /// From the form that crosses.
    pub fn from_fields(fields: &Fields) -> Self {
        let mut function = Self::default();
        for (tag, value) in fields.iter() {
            let text = || String::from_utf8_lossy(value).into_owned();
            match tag {
                tag::FUNCTION_NAME => function.name = text(),
                tag::FUNCTION_VERSION => function.version = text(),
                tag::FUNCTION_ARN => function.arn = text(),
                tag::MEMORY_LIMIT => {
                    function.memory_limit_mb =
                        value.try_into().map(u32::from_le_bytes).unwrap_or_default();
                }
                tag::VAR_NAME => function.vars.push((text(), String::new())),
                tag::VAR_VALUE => {
                    if let Some(last) = function.vars.last_mut() {
                        last.1 = text();
                    }
                }
                _ => {}
            }
        }
        function
    }
}

/// One run: its data, and the signal that ends it early.
#[derive(Debug)]
pub struct Invocation {
    /// The function's settings.
    pub function: &'static Function,
    /// Request id, trace and the like, and the HTTP head.
    pub fields: Fields,
    deadline_unix_ms: u64,
    cancelled: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
    /// The span that stands for this run in other tasks, once one was asked for.
    pub(crate) root_span: OnceLock<tracing::Span>,
}

impl Invocation {
    /// A run with this data; `deadline_unix_ms` 0 means none.
    pub fn new(function: &'static Function, fields: Fields, deadline_unix_ms: u64) -> Self {
        Self {
            function,
            fields,
            deadline_unix_ms,
            cancelled: AtomicBool::new(false),
            wakers: Mutex::default(),
            root_span: OnceLock::new(),
        }
    }

    /// The request id; empty when the host gave none.
    pub fn request_id(&self) -> &str {
        self.fields.text(tag::REQUEST_ID).unwrap_or_default()
    }

    /// When the run will be ended.
    pub fn deadline(&self) -> Option<SystemTime> {
        let millis = self.deadline_unix_ms;
        (millis != 0).then(|| UNIX_EPOCH + Duration::from_millis(millis))
    }

    /// Whether the end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Asks for the end.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let wakers =
            std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Ready once the end was asked for.
    pub fn poll_cancelled(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_cancelled() {
            return Poll::Ready(());
        }
        {
            let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            if !wakers.iter().any(|known| known.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
        }
        // Asked for between the look and the push: nobody would wake us any more.
        if self.is_cancelled() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Waits until the end is asked for.
    pub async fn cancelled(&self) {
        poll_fn(|cx| self.poll_cancelled(cx)).await;
    }
}
