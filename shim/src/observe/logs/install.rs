//! Puts the log together and makes it the process's.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::filter::Targets;

use super::datagram::Daemon;
use super::encode::Encode;
use super::journald::Journald;
use super::json::Json;
use super::layer;
use super::plan::{LogFormat, LogPlan, LogTo};
use super::queue::{LIMIT, Queue};
use super::sink::Sink;
use super::text::Text;
use super::way::AtOnce;
use super::writer;

/// How long the end of the process, or a flush, waits for a sink that stands still.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// The name by which syslog and the journal know this process.
const APP: &str = "shim";

struct Installed {
    filter: Targets,
    /// `None`: lines are written at once.
    queue: Option<Arc<Queue>>,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Installs the process's log: from now on `tracing` events that pass `plan.filter` become lines.
///
/// Once per process, from any thread, before anything that should be logged. Lines are written by
/// a thread of their own within about 5 ms (errors: 1 ms); 4 MiB may wait for it, what comes beyond
/// is dropped and counted. A process that aborts, or exits without dropping the guard or calling
/// [`flush`], loses the lines of the last 5 ms.
///
/// # Errors
///
/// When a subscriber is installed already, when nobody listens at the socket of syslog or the
/// journal, or when no thread can be started. Nothing is installed then.
pub fn init(plan: LogPlan) -> Result<LogGuard, LogError> {
    let (encode, sink) = parts(&plan)?;
    let queue = Arc::new(Queue::new(LIMIT));
    let thread = writer::start(Arc::clone(&queue), Arc::clone(&encode), sink);
    let guard = LogGuard {
        thread: Some(thread.map_err(LogError::Thread)?),
        queue: Arc::clone(&queue),
    };
    let installed = Installed {
        filter: plan.filter.clone(),
        queue: Some(Arc::clone(&queue)),
    };
    install(installed, layer::subscriber(plan.filter, encode, queue))?;
    Ok(guard)
}

/// Installs a log to stderr that writes each line before it returns to who logs: for a process that
/// may be frozen or ended at any moment between two invocations, as in AWS Lambda.
///
/// # Errors
///
/// When a subscriber is installed already.
pub fn init_at_once(format: LogFormat, filter: Targets) -> Result<(), LogError> {
    let installed = Installed {
        filter: filter.clone(),
        queue: None,
    };
    let encode = for_stderr(format, false);
    install(
        installed,
        layer::subscriber(filter, encode, Arc::new(AtOnce)),
    )
}

fn install(
    installed: Installed,
    subscriber: impl tracing::Subscriber + Send + Sync,
) -> Result<(), LogError> {
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Installed)?;
    // Only the one call that got so far sets it.
    let _ = INSTALLED.set(installed);
    Ok(())
}

/// Waits until everything that was logged so far is written, at most 2 s; whether it is.
///
/// For the ways out of the process that drop no guard. Blocks the calling thread. `true` when no
/// log is installed.
pub fn flush() -> bool {
    INSTALLED
        .get()
        .and_then(|installed| installed.queue.as_ref())
        .is_none_or(|queue| queue.flush(FLUSH_LIMIT))
}

/// The filter of the installed log.
pub(in crate::observe) fn filter() -> Option<&'static Targets> {
    INSTALLED.get().map(|installed| &installed.filter)
}

/// Keeps the log going. Dropped, it writes what waits (for at most 2 s) and ends the log: later
/// events are lost. So `main` holds it until the end.
#[must_use = "the log ends when the guard is dropped"]
pub struct LogGuard {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for LogGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogGuard").finish_non_exhaustive()
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        // A thread that stands in a blocked write is left behind; the process ends without it.
        if self.queue.close(FLUSH_LIMIT)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The process has a subscriber already.
    #[error("a log is installed already")]
    Installed,
    /// The daemon that should get the lines does not listen.
    #[error("cannot log to {path}")]
    Socket {
        /// Its socket.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The writer's thread cannot be started.
    #[error("cannot start the log's thread")]
    Thread(#[source] io::Error),
    /// Built without the cargo feature for syslog.
    #[error("cannot log to syslog: this build has no feature \"syslog\"")]
    NoSyslog,
}

type Parts = (Arc<dyn Encode>, Box<dyn Sink>);

fn parts(plan: &LogPlan) -> Result<Parts, LogError> {
    Ok(match &plan.to {
        LogTo::Stderr => {
            let encode = for_stderr(plan.format, plan.colour);
            (encode, Box::new(io::stderr()))
        }
        #[cfg(feature = "syslog")]
        LogTo::Syslog { socket } => {
            let syslog = super::syslog::Syslog::new(APP, std::process::id());
            (Arc::new(syslog), daemon(socket)?)
        }
        #[cfg(not(feature = "syslog"))]
        LogTo::Syslog { .. } => return Err(LogError::NoSyslog),
        LogTo::Journald { socket } => (Arc::new(Journald { app: APP }), daemon(socket)?),
    })
}

fn for_stderr(format: LogFormat, colour: bool) -> Arc<dyn Encode> {
    match format {
        LogFormat::Text => Arc::new(Text { colour }),
        LogFormat::Json => Arc::new(Json),
    }
}

fn daemon(socket: &Path) -> Result<Box<dyn Sink>, LogError> {
    let daemon = Daemon::connect(socket).map_err(|source| LogError::Socket {
        path: socket.to_owned(),
        source,
    })?;
    Ok(Box::new(daemon))
}
