//! The end: SIGTERM, `stop` of every instance, and the extension without which Lambda sends none.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use super::seats::Seats;
use crate::plugin::Handler;
use crate::runtime_api::client::{Client, ClientError, Endpoint};

/// How long an invocation that runs may go on: what Lambda gives a runtime beside extensions.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long all of the end may take: less than the 500 ms after which Lambda kills what is left.
const BUDGET: Duration = Duration::from_millis(450);

/// The name of the extension; Lambda shows it in its log.
const EXTENSION: &str = "shim";

/// Ends the process at once when it is told to, with nothing to do before.
///
/// # Errors
/// The system takes no handlers of signals.
pub(super) fn at_once_on_signals() -> io::Result<()> {
    for signal in [SIGTERM, SIGINT] {
        let always = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_shutdown(signal, 0, always)?;
    }
    Ok(())
}

/// Stops every instance when the process is told to end, and ends it.
///
/// # Errors
/// The system takes no handlers of signals, or gives no thread.
pub(super) fn orderly_on_signals(seats: Arc<Seats>, handler: Handler) -> io::Result<()> {
    let (mut told, tell) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT] {
        signal_hook::low_level::pipe::register(signal, tell.try_clone()?)?;
    }
    let end = move || {
        // Kept open, or there would be an end of file.
        let _tell = tell;
        if told.read_exact(&mut [0]).is_ok() {
            stop_all(seats, handler);
            finish(0);
        }
    };
    std::thread::Builder::new()
        .name("shim-signals".to_owned())
        .spawn(end)?;
    Ok(())
}

fn stop_all(seats: Arc<Seats>, handler: Handler) {
    let (done, stopped) = channel();
    let stop = move || {
        // What still runs would see its runtime go, and that would be reported as its own failure.
        if seats.stop(PATIENCE) {
            handler.shutdown_plugin(Duration::ZERO);
        } else {
            tracing::warn!(
                "an invocation still runs {PATIENCE:?} after the signal: it is given up, and its \
                 instance is not stopped"
            );
        }
        let _ = done.send(());
    };
    let spawned = std::thread::Builder::new()
        .name("shim-stop".to_owned())
        .spawn(stop);
    if spawned.is_ok() && stopped.recv_timeout(BUDGET) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("not every instance could be stopped within {BUDGET:?}");
    }
}

/// Ends the process, whatever its threads do.
pub(super) fn finish(code: u8) -> ! {
    #[expect(
        clippy::exit,
        reason = "other threads wait for the Runtime API, and nothing wakes them"
    )]
    std::process::exit(i32::from(code))
}

/// Registers an extension within this process, and has a thread wait for an event in its name. Call
/// it before the first invocation is asked for.
///
/// # Errors
/// There is no Extensions API, as outside of Lambda: signals come from elsewhere then.
pub(super) fn register_extension(endpoint: Endpoint) -> Result<(), ClientError> {
    let mut client = Client::new(endpoint);
    let identifier = client.register_extension(EXTENSION)?;
    let wait = move || {
        if let Err(error) = client.next_event(&identifier) {
            tracing::debug!("the extension `{EXTENSION}` ends: {error}");
        }
    };
    let spawned = std::thread::Builder::new()
        .name("shim-extension".to_owned())
        .spawn(wait);
    if let Err(error) = spawned {
        tracing::warn!("no thread for the extension `{EXTENSION}`: {error}");
    }
    Ok(())
}
