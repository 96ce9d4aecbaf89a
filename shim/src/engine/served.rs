//! A function as it is run: by its handler, or by a mock of it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::either::Either;

use super::function::Function;
use super::mock::Mock;
use crate::invocation::{Accepts, FunctionError, Invocation, Invoke, Outcome, Refusal};
use crate::observe::metrics::FunctionMetrics;

/// What runs a function.
#[derive(Debug)]
pub enum Engine {
    /// Its handler, in this process.
    InProcess(Box<Function>),
    /// Nothing of it.
    Mock(Box<Mock>),
}

/// A function with its engine and its figures.
#[derive(Debug)]
pub struct Served {
    engine: Engine,
    metrics: Arc<FunctionMetrics>,
}

impl Served {
    /// Runs by `engine`; a mock is counted in `metrics`, a handler counts by itself.
    pub fn new(engine: Engine, metrics: Arc<FunctionMetrics>) -> Self {
        Self { engine, metrics }
    }

    /// Whether a response of it is still being streamed.
    pub fn is_busy(&self) -> bool {
        match &self.engine {
            Engine::InProcess(function) => function.is_busy(),
            Engine::Mock(_) => false,
        }
    }

    /// Refuses who waits for a place, and whoever would have to: the host is shutting down.
    pub fn refuse_waiting(&self) {
        match &self.engine {
            Engine::InProcess(function) => function.refuse_waiting(),
            Engine::Mock(_) => {}
        }
    }

    /// Refuses further invocations and stops every instance, waiting at most `grace`. Whether all
    /// was done in time.
    pub async fn shutdown(&self, grace: Duration) -> bool {
        match &self.engine {
            Engine::InProcess(function) => function.shutdown(grace).await,
            Engine::Mock(_) => true,
        }
    }

    /// Ends the runtime of the function's plugin, waiting at most `timeout`.
    pub async fn end_plugin(&self, timeout: Duration) {
        match &self.engine {
            Engine::InProcess(function) => function.end_plugin(timeout).await,
            Engine::Mock(_) => {}
        }
    }
}

impl Served {
    async fn mocked(&self, mock: &Mock, invocation: Invocation) -> Result<Outcome, Refusal> {
        let _running = self.metrics.begin();
        let outcome = mock.invoke(invocation).await;
        if let Ok(outcome) = &outcome {
            let failed = outcome.result.is_err();
            self.metrics
                .finished(outcome.duration, outcome.cold_start, failed);
        }
        outcome
    }
}

impl Invoke for Served {
    fn name(&self) -> &str {
        match &self.engine {
            Engine::InProcess(function) => function.name(),
            Engine::Mock(mock) => mock.name(),
        }
    }

    fn accepts(&self) -> Accepts {
        match &self.engine {
            Engine::InProcess(function) => function.accepts(),
            Engine::Mock(mock) => mock.accepts(),
        }
    }

    fn checks_json(&self) -> bool {
        match &self.engine {
            Engine::InProcess(function) => function.checks_json(),
            // It reads no event.
            Engine::Mock(_) => false,
        }
    }

    // No `async fn`: it would move what goes in and what comes out once more.
    fn invoke(
        &self,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        match &self.engine {
            Engine::InProcess(function) => Either::Left(function.invoke(invocation)),
            Engine::Mock(mock) => Either::Right(Box::pin(self.mocked(mock, invocation))),
        }
    }

    fn mocked_error(&self, name: &str) -> Option<Result<FunctionError, Vec<String>>> {
        match &self.engine {
            Engine::InProcess(_) => None,
            Engine::Mock(mock) => Some(mock.error(name).map_err(|unknown| unknown.choices)),
        }
    }
}
