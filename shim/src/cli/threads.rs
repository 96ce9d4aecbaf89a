//! Whether the system gives the threads that serving takes.

use std::sync::RwLock;
use std::thread::{Builder, available_parallelism, scope};

use crate::engine::CELL_WORKERS;
use crate::exit::{CommandFailed, INTERNAL};

/// Beside the runtimes: the watchdog, the writer of the log, and some that wait for files.
const OTHERS: usize = 4;

/// A stack that does nothing.
const STACK: usize = 64 * 1024;

/// Starts as many threads as `cells` runtimes and a plugin's own take, and ends them: tokio panics
/// where there is no thread, and waits for ever for those that it had.
///
/// # Errors
/// There are not so many.
pub(super) fn suffice(cells: usize) -> Result<(), CommandFailed> {
    let plugin = available_parallelism().map_or(1, usize::from);
    let count = cells * CELL_WORKERS + plugin + OTHERS;
    let hold = RwLock::new(());
    let started = scope(|scope| {
        let _held = hold.write();
        for _ in 0..count {
            let wait = || drop(hold.read());
            Builder::new().stack_size(STACK).spawn_scoped(scope, wait)?;
        }
        Ok::<_, std::io::Error>(())
    });
    started.map_err(|error| {
        let hint = "raise the limit (`ulimit -u`, TasksMax of systemd, `--pids-limit` of a \
                    container), or take fewer: --threads 1";
        let message = format!("cannot start {count} threads: {error}");
        CommandFailed::new(INTERNAL, message, Some(hint.to_owned()))
    })
}
