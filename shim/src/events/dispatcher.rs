//! What the rest of the host sees: accept events, run them, end.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

use super::TARGET;
use super::attempt::Core;
use super::config::Functions;
use super::config::News;
use super::event::{Accepted, Entry};
use super::memory::Memory;
use super::queue::{PushError, Queue, Source};
use super::spool::{self, SpoolError, TakenUp};
use super::stats::Stats;

/// How many request ids one log line has.
const IDS_IN_LINE: usize = 100;

/// The limits of all functions' events together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPlan {
    /// How many events may be accepted and not finished.
    pub max_events: usize,
    /// How many bytes they may have together: payloads and last errors.
    pub max_bytes: u64,
    /// How many are run at once, of all functions together; at least 1. While it runs, one may hold
    /// a response of 6,291,556 bytes if its function has a destination for successes.
    pub concurrency: usize,
    /// The directory for events that are left at the end; `None`: they are lost then.
    pub spool: Option<PathBuf>,
}

impl Default for EventsPlan {
    /// 10,000 events, 256 MiB, 1,000 at once, no spool.
    fn default() -> Self {
        Self {
            max_events: 10_000,
            max_bytes: 256 * 1024 * 1024,
            concurrency: 1000,
            spool: None,
        }
    }
}

/// The events of all functions. Dropping it cancels what runs and loses what waits:
/// [`drain`](Events::drain) first.
#[derive(Debug)]
pub struct Events<F: Functions, Q: Queue = Memory> {
    core: Arc<Core<F, Q>>,
    spool: Option<PathBuf>,
    stop: CancellationToken,
    running: TaskTracker,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
}

impl<F: Functions> Events<F> {
    /// Starts with an empty queue in memory. Runs happen on the runtime that this is called on.
    pub fn start(plan: EventsPlan, functions: F) -> Self {
        let queue = Memory::new(plan.max_events, plan.max_bytes);
        Self::with_queue(plan, functions, queue)
    }
}

impl<F: Functions, Q: Queue> Events<F, Q> {
    /// Starts with a queue that keeps limits of its own.
    pub fn with_queue(plan: EventsPlan, functions: F, queue: Q) -> Self {
        let core = Arc::new(Core::new(functions, queue));
        let (stop, running) = (CancellationToken::new(), TaskTracker::new());
        let dispatcher = tokio::spawn({
            let (core, stop, running) = (Arc::clone(&core), stop.clone(), running.clone());
            let places = plan.concurrency.clamp(1, Semaphore::MAX_PERMITS);
            async move {
                let dispatch = dispatch(core, places, &stop, &running);
                stop.run_until_cancelled(dispatch).await;
            }
        });
        Self {
            core,
            spool: plan.spool,
            stop,
            running,
            dispatcher: Mutex::new(Some(dispatcher)),
        }
    }

    /// Takes an event. From then on it is run at least once, unless it becomes too old before,
    /// its function goes away, or the process ends otherwise than by [`drain`](Self::drain).
    ///
    /// # Errors
    ///
    /// The queue is full, or the host is shutting down: nobody will run it.
    pub async fn accept(&self, event: Accepted) -> Result<(), PushError> {
        let target = event.target.clone();
        let entry = Entry::new(event);
        let pushed = self.core.queue.push(entry, Duration::ZERO, Source::Caller);
        let pushed = pushed.await;
        match pushed {
            Ok(()) => {
                self.core.counters.accepted.add();
                self.core.functions.hear(&target, News::Accepted);
            }
            Err(_) => self.core.counters.refused.add(),
        }
        pushed
    }

    /// Takes up the events that earlier processes left in the spool directory, with their request
    /// ids, ages, attempts and what remains of their delays; then removes the files. Nothing to do
    /// without a spool directory. Call it once, before callers are let in.
    ///
    /// # Errors
    ///
    /// The directory cannot be made, read or written to. A file that cannot be read is logged, and stays.
    pub async fn take_up(&self) -> Result<TakenUp, SpoolError> {
        match &self.spool {
            Some(directory) => {
                spool::prepare(directory).await?;
                spool::take_up(directory, &self.core.queue).await
            }
            None => Ok(TakenUp::default()),
        }
    }

    /// Refuses new events and runs those that are due, until none is or `grace` is over. Then
    /// cancels what still runs, and writes all events that are left to the spool directory, if
    /// there is one, or their request ids to the log. How many are left.
    ///
    /// Call it after the frontends have drained and before the functions shut down.
    pub async fn drain(&self, grace: Duration) -> Drained {
        self.core.queue.close();
        let dispatcher = {
            let dispatcher = self.dispatcher.lock();
            dispatcher.unwrap_or_else(PoisonError::into_inner).take()
        };
        if let Some(mut dispatcher) = dispatcher {
            let in_time = timeout(grace, &mut dispatcher).await.is_ok();
            self.stop.cancel();
            if !in_time {
                // It ends at once now; an error would be its own panic, and it is over too.
                let _over = dispatcher.await;
            }
        }
        self.running.close();
        self.running.wait().await;
        let rest = self.core.queue.take_rest();
        if rest.is_empty() {
            return Drained::default();
        }
        let left = rest.len();
        let Some(directory) = &self.spool else {
            log_lost(&rest, "no spool directory is configured");
            return Drained { left, file: None };
        };
        let rest = Arc::new(rest);
        let spooled = spool::write(directory, Arc::clone(&rest)).await;
        if let Some(file) = &spooled.file {
            let events = spooled.events;
            info!(target: TARGET, events, file = %file.display(), "events spooled");
        }
        if let Some(error) = &spooled.error {
            let lost = rest.get(spooled.events..).unwrap_or_default();
            log_lost(lost, &error.to_string());
        }
        Drained {
            left,
            file: spooled.file,
        }
    }

    /// How old the oldest event is of each function that has any: its name, its version, the age.
    pub fn ages(&self) -> Vec<(String, String, Duration)> {
        self.core.queue.ages()
    }

    /// What there is now, and what happened since the start.
    pub fn stats(&self) -> Stats {
        self.core.counters.stats(self.core.queue.depth())
    }
}

impl<F: Functions, Q: Queue> Drop for Events<F, Q> {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What is left after the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drained {
    /// How many events were not finished.
    pub left: usize,
    /// The file that they are in, or as many as there was room for; `None`: they are lost, if there
    /// were any.
    pub file: Option<PathBuf>,
}

/// Runs what is due, until the queue ends.
async fn dispatch<F: Functions, Q: Queue>(
    core: Arc<Core<F, Q>>,
    places: usize,
    stop: &CancellationToken,
    running: &TaskTracker,
) {
    let places = Arc::new(Semaphore::new(places));
    // Nobody closes it.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Some(lease) = core.queue.next().await else {
            return;
        };
        let (core, stop) = (Arc::clone(&core), stop.clone());
        running.spawn(async move {
            // The stop is looked at first: runs that it ends give their places back, and who waits
            // for one must not begin.
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = core.attempt(lease) => {}
            }
            drop(place);
        });
    }
}

fn log_lost(rest: &[(Entry, Duration)], reason: &str) {
    for events in rest.chunks(IDS_IN_LINE) {
        let ids: Vec<_> = events.iter().map(|(entry, _)| &*entry.event.id).collect();
        error!(
            target: TARGET,
            events = rest.len(),
            reason,
            request_ids = ids.join(" "),
            "accepted events are lost"
        );
    }
}
