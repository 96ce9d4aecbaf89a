//! The engine that runs handlers in this process.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::in_flight::InFlight;
use super::limit::Permit;
use super::placement::{Placement, Policy};
use super::pool::Pool;
use super::watchdog::Watched;
use super::{deadline, response};
use crate::invocation::{Answer, ErrorKind, FunctionError, Invocation, Outcome, RequestId};
use crate::plugin::{Begun, Finished, Handler, Instance, Place};

/// What the runs of a function share.
pub(super) struct Shared {
    pub(super) handler: Handler,
    pub(super) placement: Arc<Placement>,
    pub(super) watched: Watched,
    name: String,
    pool: Pool,
    background: TaskTracker,
    runtime: Handle,
}

/// Runs invocations of one handler.
pub(super) struct InProcess(Arc<Shared>);

impl InProcess {
    /// Must be called on the host's runtime, where what outlives its caller is seen to its end.
    pub(super) fn new(name: String, handler: Handler, policy: Policy, idle: Duration) -> Self {
        let placement = Arc::new(Placement::new(policy, handler.is_blocking()));
        let shared = Arc::new(Shared {
            watched: Watched::new(&placement),
            handler,
            placement,
            name,
            pool: Pool::default(),
            background: TaskTracker::new(),
            runtime: Handle::current(),
        });
        if !shared.handler.is_stateless() {
            shared.runtime.spawn(shrink(Arc::downgrade(&shared), idle));
        }
        Self(shared)
    }

    /// Runs an invocation to its end, or to its deadline, which counts from `started`. What the
    /// handler gets is taken out of `invocation`, which is lent: it is large, and handed on often.
    pub(super) async fn run(
        &self,
        invocation: &mut Invocation,
        permit: Permit<'_>,
        timeout: Option<Duration>,
        started: Instant,
    ) -> Outcome {
        let shared = &self.0;
        let span = Span { timeout, started };
        let begun = match shared.idle() {
            Some(instance) => shared.begin(instance, invocation, permit, span),
            None => Err(Slow::Cold(permit)),
        };
        let (mut result, mut start) = match begun {
            Ok(ran) => (shared.end(ran, false, span), None),
            Err(slow) => Box::pin(shared.run_slowly(slow, invocation, span)).await,
        };
        let duration = started.elapsed();
        if let Some(limit) = timeout {
            let cancelled = matches!(&result, Err(error) if error.kind == ErrorKind::Cancelled);
            // A plain `fn` cannot be dropped midway: inline, it ends when it will.
            if cancelled || duration >= limit {
                (result, start) = (Err(Box::new(FunctionError::timed_out(limit))), None);
            }
        }
        Outcome {
            result,
            cold_start: start.is_some(),
            start,
            duration,
        }
    }

    /// Stops all instances, idle and busy, and waits for what runs in the background, for at most
    /// `grace`. Whether all was done in time.
    pub(super) async fn shutdown(&self, grace: Duration) -> bool {
        let shared = &self.0;
        for instance in shared.pool.close() {
            let to_stop = shared.clone();
            shared.in_background(async move { to_stop.stop(instance).await });
        }
        shared.background.close();
        tokio::time::timeout(grace, shared.background.wait())
            .await
            .is_ok()
    }

    /// Ends the plugin's runtime, waiting at most `timeout`.
    pub(super) async fn end_plugin(&self, timeout: Duration) {
        let handler = self.0.handler.clone();
        // Lost only if the runtime itself ends.
        let _ = tokio::task::spawn_blocking(move || handler.shutdown_plugin(timeout)).await;
    }
}

/// How long a run may take.
#[derive(Debug, Clone, Copy)]
struct Span {
    timeout: Option<Duration>,
    started: Instant,
}

/// A run that is done, with what it held.
type Ran<'a> = (Finished, Option<Instance>, Permit<'a>);

/// What a run came to.
type Ended = Result<Answer, Box<FunctionError>>;

/// A run that has to wait.
enum Slow<'a> {
    /// For an instance.
    Cold(Permit<'a>),
    /// For its end.
    InFlight(InFlight<'a>),
}

impl Shared {
    /// An instance that is there, or none where none is needed.
    fn idle(&self) -> Option<Option<Instance>> {
        if self.handler.is_stateless() {
            return Some(None);
        }
        self.pool.take().map(Some)
    }

    /// Begins a run, at the place that suits it. A handler that does not wait is done with it.
    fn begin<'a>(
        self: &'a Arc<Self>,
        instance: Option<Instance>,
        invocation: &mut Invocation,
        permit: Permit<'a>,
        span: Span,
    ) -> Result<Ran<'a>, Slow<'a>> {
        let deadline = span
            .timeout
            .map(|limit| deadline::unix_ms(span.started, limit));
        let place = self.placement.begin(|| self.watched.is_crowded());
        let lent = instance.as_ref();
        let run = if place == Place::Inline {
            let begin = || self.handler.run_inline(lent, invocation, deadline);
            match self.watched.poll(begin) {
                Begun::Done(finished) => {
                    self.placement.end(place, finished.longest_poll);
                    return Ok((finished, instance, permit));
                }
                Begun::GoesOn(run) => run,
            }
        } else {
            self.handler.run(lent, invocation, place, deadline)
        };
        let in_flight = InFlight::new(self, place, run, instance, permit);
        Err(Slow::InFlight(in_flight))
    }

    /// Sees a run to its end that has to wait, or to its deadline. Also says how long the start of its
    /// instance took, if it had none.
    async fn run_slowly(
        self: &Arc<Self>,
        slow: Slow<'_>,
        invocation: &mut Invocation,
        span: Span,
    ) -> (Ended, Option<Duration>) {
        let run = pin!(self.run_to_end(slow, invocation, span));
        match span.timeout {
            None => run.await,
            Some(limit) => match tokio::time::timeout(limit, run).await {
                Ok(ended) => ended,
                Err(_) => (Err(Box::new(FunctionError::timed_out(limit))), None),
            },
        }
    }

    async fn run_to_end(
        self: &Arc<Self>,
        slow: Slow<'_>,
        invocation: &mut Invocation,
        span: Span,
    ) -> (Ended, Option<Duration>) {
        let (mut start, mut failed) = (None, false);
        let begun = match slow {
            Slow::InFlight(in_flight) => Err(Slow::InFlight(in_flight)),
            Slow::Cold(permit) => {
                let begun = Instant::now();
                let fresh = self.start(invocation.id).await;
                start = Some(begun.elapsed());
                let Some(mut fresh) = fresh else {
                    let error = "the host is shutting down";
                    let error =
                        FunctionError::new(ErrorKind::Cancelled, "Runtime.Cancelled", error);
                    return (Err(Box::new(error)), start);
                };
                failed = fresh.failed;
                self.begin(fresh.instance.take(), invocation, permit, span)
            }
        };
        let ran = match begun {
            Ok(ran) => Some(ran),
            Err(Slow::InFlight(mut in_flight)) => in_flight.finish().await,
            Err(Slow::Cold(_)) => None,
        };
        let Some(ran) = ran else {
            let error = "the run was lost";
            let error = FunctionError::new(ErrorKind::Internal, "Runtime.Internal", error);
            return (Err(Box::new(error)), start);
        };
        (self.end(ran, failed, span), start)
    }

    /// Gives back what a run held, but for what its answer needs as long as it is streamed.
    fn end(self: &Arc<Self>, ran: Ran<'_>, failed_start: bool, span: Span) -> Ended {
        let (finished, instance, permit) = ran;
        if let Some(instance) = instance {
            self.give_back(instance, finished.instance_is_sound() && !failed_start);
        }
        let answer = finished.result?;
        let ends = span.timeout.map(|limit| (span.started + limit, limit));
        Ok(response::hold(answer, permit, ends))
    }

    /// Makes an instance. The making goes on when the caller leaves: the instance is kept then.
    async fn start(self: &Arc<Self>, request_id: RequestId) -> Option<Fresh> {
        let (done, made) = oneshot::channel();
        let shared = self.clone();
        self.in_background(async move {
            let started = shared.handler.start(Some(&request_id)).await;
            if let Some(error) = &started.failed {
                tracing::error!(
                    function = shared.name,
                    request_id = &*request_id,
                    error_type = error.name,
                    location = error.location,
                    "start failed: {}",
                    error.message
                );
            }
            let failed = started.failed.is_some();
            // Unwanted, it goes to the pool when the channel drops it.
            let _ = done.send(Fresh {
                shared,
                instance: Some(started.instance),
                failed,
            });
        });
        made.await.ok()
    }

    /// Keeps a sound instance for the next run, stops any other.
    fn give_back(self: &Arc<Self>, instance: Instance, sound: bool) {
        let surplus = if sound {
            self.pool.put(instance)
        } else {
            Some(instance)
        };
        if let Some(instance) = surplus {
            let shared = self.clone();
            self.in_background(async move { shared.stop(instance).await });
        }
    }

    /// Ends an instance; an error is logged, since nobody is there to get it.
    pub(super) async fn stop(&self, instance: Instance) {
        if let Err(error) = self.handler.stop(instance).await {
            tracing::error!(
                function = self.name,
                error_type = error.name,
                location = error.location,
                "stop failed: {}",
                error.message
            );
        }
    }

    /// Runs what must be seen to its end whoever leaves. Shutdown waits for it.
    pub(super) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(self.background.track_future(work));
    }
}

/// A new instance on its way to the run that asked for it, which may be gone by now.
struct Fresh {
    shared: Arc<Shared>,
    instance: Option<Instance>,
    failed: bool,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.shared.give_back(instance, !self.failed);
        }
    }
}

/// Stops instances that nobody needed for `limit`, until the function is gone.
async fn shrink(shared: std::sync::Weak<Shared>, limit: Duration) {
    let pause = (limit / 4).clamp(Duration::from_millis(10), Duration::from_secs(15));
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        for instance in shared.pool.take_idle(limit) {
            let to_stop = shared.clone();
            shared.in_background(async move { to_stop.stop(instance).await });
        }
    }
}
