//! What a run may know of itself.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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
    /// The head of its HTTP request, if nobody has read it when the host's call came to its end.
    pub(crate) kept_head: OnceLock<Fields>,
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
            kept_head: OnceLock::new(),
            root_span: OnceLock::new(),
        }
    }

    /// Whether it has gathered nothing that ought to go when it is over.
    pub(super) fn is_plain(&self) -> bool {
        self.kept_head.get().is_none() && self.root_span.get().is_none()
    }

    /// Makes another run of it, in its room; it was [plain](Self::is_plain).
    pub(super) fn renew(&mut self, function: &'static Function, fields: &[u8], deadline: u64) {
        self.function = function;
        self.fields.refill(fields);
        self.deadline_unix_ms = deadline;
        *self.cancelled.get_mut() = false;
        self.wakers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
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

/// A run, borrowed from who drives it. It is counted only for who keeps it longer: most handlers do
/// not.
#[derive(Clone, Copy)]
pub struct InvocationRef<'a> {
    run: *const Invocation,
    driver: PhantomData<&'a Arc<Invocation>>,
}

// SAFETY: (I9) a shared reference to a `Sync` value.
unsafe impl Send for InvocationRef<'_> {}
// SAFETY: (I9) as above.
unsafe impl Sync for InvocationRef<'_> {}

impl InvocationRef<'_> {
    /// The same for a future that its driver keeps beside the run.
    ///
    /// # Safety
    /// The run is counted until what has this reference, or a copy of it, is gone.
    pub(super) unsafe fn detached(run: &Arc<Invocation>) -> InvocationRef<'static> {
        InvocationRef {
            run: Arc::as_ptr(run),
            driver: PhantomData,
        }
    }

    /// A count of one's own.
    pub fn keep(self) -> Arc<Invocation> {
        // SAFETY: (I9) it comes from an `Arc` that is borrowed as long as this is there.
        unsafe { Arc::increment_strong_count(self.run) };
        // SAFETY: as above; the count just added is the one that is taken here.
        unsafe { Arc::from_raw(self.run) }
    }
}

impl<'a> From<&'a Arc<Invocation>> for InvocationRef<'a> {
    fn from(run: &'a Arc<Invocation>) -> Self {
        Self {
            run: Arc::as_ptr(run),
            driver: PhantomData,
        }
    }
}

impl Deref for InvocationRef<'_> {
    type Target = Invocation;

    fn deref(&self) -> &Invocation {
        // SAFETY: (I9) the `Arc` that it comes from is borrowed as long as this is there.
        unsafe { &*self.run }
    }
}

impl fmt::Debug for InvocationRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
