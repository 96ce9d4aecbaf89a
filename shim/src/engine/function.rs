//! A handler under a name.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::counted::Counted;
use super::in_process::InProcess;
use super::limit::Limit;
use super::placement::Policy;
use crate::invocation::{Accepts, Answer, Body, Invocation, Invoke, Outcome, Refusal};
use crate::observe::metrics::{FunctionMetrics, Running};
use crate::plugin::Handler;

/// How a function is served.
#[derive(Debug, Clone)]
pub struct FunctionPlan {
    /// The name under which the handler is served.
    pub name: String,
    /// How long an invocation may take, from the start of its instance on; `None`: any time.
    pub timeout: Option<Duration>,
    /// How many invocations run at once; `None`: any number.
    pub concurrency: Option<usize>,
    /// How many more may wait.
    pub queue: usize,
    /// How long an instance is kept that nobody needs.
    pub idle_timeout: Duration,
    /// Where runs execute.
    pub placement: Policy,
}

/// A handler that is served under a name: what frontends invoke.
pub struct Function {
    name: String,
    accepts: Accepts,
    stateless: bool,
    timeout: Option<Duration>,
    limit: Limit,
    engine: InProcess,
    warm: AtomicBool,
    metrics: Arc<FunctionMetrics>,
    /// One count for each response that is being streamed.
    streams: Arc<()>,
}

impl Function {
    /// Serves `handler` as `plan` says, counted in `metrics`. Must be called on the host's runtime.
    pub fn new(plan: FunctionPlan, handler: Handler, metrics: Arc<FunctionMetrics>) -> Self {
        Self {
            accepts: handler.accepts(),
            stateless: handler.is_stateless(),
            timeout: plan.timeout,
            limit: Limit::new(plan.concurrency, plan.queue),
            engine: InProcess::new(
                plan.name.clone(),
                handler,
                plan.placement,
                plan.idle_timeout,
            ),
            name: plan.name,
            warm: AtomicBool::new(false),
            metrics,
            streams: Arc::default(),
        }
    }

    /// Whether a response is still being streamed.
    pub fn is_busy(&self) -> bool {
        Arc::strong_count(&self.streams) > 1
    }

    /// Refuses who waits for a place, and whoever would have to: the host is shutting down.
    pub fn refuse_waiting(&self) {
        self.limit.close();
    }

    /// Refuses further invocations and stops every instance, waiting at most `grace`. Whether all
    /// was done in time. Call it when the frontends have drained.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        self.limit.close();
        self.engine.shutdown(grace).await
    }

    /// Ends the plugin's runtime, waiting at most `timeout`. No function of the plugin works
    /// afterwards.
    pub async fn end_plugin(&self, timeout: Duration) {
        self.engine.end_plugin(timeout).await;
    }
}

impl Function {
    /// Has the invocation counted when its stream has ended.
    fn count_stream(&self, body: &mut Body, running: Running<'_>, started: Instant, cold: bool) {
        if let Body::Stream(stream) = std::mem::take(body) {
            *body = Body::stream(Counted {
                stream,
                metrics: self.metrics.clone(),
                started,
                cold,
                ended: false,
                _running: running.into_owned(),
                _busy: self.streams.clone(),
            });
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Invoke for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self) -> Accepts {
        self.accepts
    }

    fn checks_json(&self) -> bool {
        matches!(self.accepts, Accepts::Event { json: true, .. })
    }

    #[allow(
        clippy::manual_async_fn,
        reason = "an `async fn` has room for its arguments twice"
    )]
    fn invoke(
        &self,
        mut invocation: Invocation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        async move {
            let (permit, waited) = match self.limit.try_acquire() {
                Some(permit) => (permit, false),
                None => match Box::pin(self.limit.acquire()).await {
                    Ok(acquired) => acquired,
                    Err(refusal) => {
                        if matches!(refusal, Refusal::Throttled { .. }) {
                            self.metrics.throttled();
                        }
                        return Err(refusal);
                    }
                },
            };
            let running = self.metrics.begin();
            let started = if waited {
                Instant::now()
            } else {
                invocation.arrived
            };
            let mut outcome = self
                .engine
                .run(&mut invocation, permit, self.timeout, started)
                .await;
            if self.stateless && !self.warm.load(Ordering::Relaxed) {
                outcome.cold_start = !self.warm.swap(true, Ordering::Relaxed);
            }
            match &mut outcome.result {
                Ok(Answer::Event(body @ Body::Stream(_))) => {
                    self.count_stream(body, running, started, outcome.cold_start);
                }
                Ok(Answer::Http(response)) if matches!(response.body(), Body::Stream(_)) => {
                    self.count_stream(response.body_mut(), running, started, outcome.cold_start);
                }
                result => {
                    let failed = result.is_err();
                    self.metrics
                        .finished(outcome.duration, outcome.cold_start, failed);
                }
            }
            Ok(outcome)
        }
    }
}
