//! From a due event to its end, or back into the queue.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::TARGET;
use super::config::News;
use super::config::{EventConfig, Functions};
use super::event::Entry;
use super::file::Files;
use super::queue::{Lease, Queue};
use super::record::{self, Condition};
use super::run::{Ran, run};
use super::stats::Counters;
use crate::invocation::{ErrorKind, FunctionError, Refusal};
use crate::observe::{RefusedLine, refused};

/// How long an event waits that was put back without a run: doubled each time, from the first to
/// the second.
const PUT_BACK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// What all attempts share.
#[derive(Debug)]
pub(super) struct Core<F, Q> {
    pub(super) functions: F,
    pub(super) queue: Q,
    pub(super) files: Files,
    pub(super) counters: Counters,
}

impl<F: Functions, Q: Queue> Core<F, Q> {
    pub(super) fn new(functions: F, queue: Q) -> Self {
        Self {
            functions,
            queue,
            files: Files::default(),
            counters: Counters::default(),
        }
    }

    /// Does with a due event what is to be done with it now. Dropping the future leaves it leased.
    pub(super) async fn attempt(&self, lease: Lease) {
        let event = &lease.entry.event;
        let target = &event.target;
        let found = self
            .functions
            .find(&target.name, target.qualifier.as_deref());
        let Some(found) = found else {
            return self.gone(lease).await;
        };
        let config = &*found.config;
        if lease.entry.age() > config.max_age {
            return self
                .give_up(lease, config, Condition::EventAgeExceeded)
                .await;
        }
        let started = Instant::now();
        let keep = config.on_success.is_some();
        match run(&found.function, event, keep).await {
            Ran::Success(response) => {
                log_success(&lease.entry, started);
                self.succeed(lease, config, response).await;
            }
            Ran::Failed(error) => {
                log_failure(&lease.entry, &error, started);
                self.fail(lease, config, &error).await;
            }
            Ran::Throttled(refusal) => self.throttled(lease, config, &refusal).await,
            Ran::NoConcurrency => {
                self.give_up(lease, config, Condition::ZeroReservedConcurrency)
                    .await;
            }
            Ran::ShuttingDown => {
                info!(
                    target: TARGET,
                    request_id = event.id.as_str(),
                    function = target.name,
                    attempt = lease.entry.attempts + 1,
                    outcome = "shutting down",
                    "event put back"
                );
                self.put_back(lease).await;
            }
        }
    }

    async fn succeed(&self, lease: Lease, config: &EventConfig, response: Option<Bytes>) {
        self.counters.succeeded.add();
        if let Some(destination) = &config.on_success {
            let response = response.unwrap_or_default();
            let record = record::success(&lease.entry, &response, SystemTime::now());
            self.deliver(&lease.entry.event, record, destination).await;
        }
        self.queue.finish(lease).await;
    }

    /// Counts a run that failed, and looks ahead to the next.
    async fn fail(&self, mut lease: Lease, config: &EventConfig, error: &FunctionError) {
        let entry = &mut lease.entry;
        entry.attempts = entry.attempts.saturating_add(1);
        entry.put_back = 0;
        entry.last_error = Some(error.to_json_of(&entry.event.id).into());
        if entry.attempts > config.max_retries {
            return self
                .give_up(lease, config, Condition::RetriesExhausted)
                .await;
        }
        let delay = config.delay(entry.attempts);
        if too_late(entry, delay, config) {
            return self
                .give_up(lease, config, Condition::EventAgeExceeded)
                .await;
        }
        self.counters.retried.add();
        self.queue.put_back(lease, delay).await;
    }

    async fn throttled(&self, lease: Lease, config: &EventConfig, refusal: &Refusal) {
        refused(&RefusedLine {
            request_id: &lease.entry.event.id,
            function: &lease.entry.event.target.name,
            status: 429,
            refusal,
        });
        if too_late(&lease.entry, pause(lease.entry.put_back), config) {
            return self
                .give_up(lease, config, Condition::EventAgeExceeded)
                .await;
        }
        self.put_back(lease).await;
    }

    /// Puts an event back that was not run; that is no attempt.
    async fn put_back(&self, mut lease: Lease) {
        let delay = pause(lease.entry.put_back);
        lease.entry.put_back = lease.entry.put_back.saturating_add(1);
        self.queue.put_back(lease, delay).await;
    }

    async fn give_up(&self, lease: Lease, config: &EventConfig, condition: Condition) {
        let event = &lease.entry.event;
        error!(
            target: TARGET,
            request_id = event.id.as_str(),
            function = event.target.name,
            attempts = lease.entry.attempts,
            condition = ?condition,
            "event given up"
        );
        self.counters.dropped.add();
        self.functions.hear(&event.target, News::Dropped);
        if let Some(destination) = &config.on_failure {
            let record = record::failure(&lease.entry, condition, SystemTime::now());
            self.deliver(event, record, destination).await;
        }
        self.queue.finish(lease).await;
    }

    /// The function is not served any more, and its destinations went with it.
    async fn gone(&self, lease: Lease) {
        let event = &lease.entry.event;
        error!(
            target: TARGET,
            request_id = event.id.as_str(),
            function = event.target.name,
            qualifier = event.target.qualifier,
            attempts = lease.entry.attempts,
            "event given up: there is no such function any more"
        );
        self.counters.dropped.add();
        self.functions.hear(&event.target, News::Dropped);
        self.queue.finish(lease).await;
    }
}

/// Whether the event is too old after `delay`.
fn too_late(entry: &Entry, delay: Duration, config: &EventConfig) -> bool {
    entry.age().saturating_add(delay) > config.max_age
}

/// How long an event waits that was put back `times` times before.
fn pause(times: u32) -> Duration {
    let (first, longest) = PUT_BACK;
    first
        .saturating_mul(2_u32.saturating_pow(times))
        .min(longest)
}

fn log_success(entry: &Entry, started: Instant) {
    info!(
        target: TARGET,
        request_id = entry.event.id.as_str(),
        function = entry.event.target.name,
        attempt = entry.attempts + 1,
        outcome = "success",
        duration_ms = millis(started),
        "event run"
    );
}

fn log_failure(entry: &Entry, error: &FunctionError, started: Instant) {
    let outcome = match error.kind {
        ErrorKind::TimedOut => "timeout",
        _ => "function error",
    };
    let trace = Some(error.stack_trace.join("\n")).filter(|trace| !trace.is_empty());
    warn!(
        target: TARGET,
        request_id = entry.event.id.as_str(),
        function = entry.event.target.name,
        attempt = entry.attempts + 1,
        outcome,
        duration_ms = millis(started),
        error_type = error.name,
        error_message = error.message,
        location = error.location,
        stack_trace = trace,
        "event failed"
    );
}

fn millis(started: Instant) -> f64 {
    started.elapsed().as_micros() as f64 / 1000.0
}
