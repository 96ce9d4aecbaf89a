//! A function in AWS Lambda: what the binary `bootstrap` does, and `shim bootstrap`.
//!
//! Everything comes from the environment, as Lambda sets it: `_HANDLER` leads to the plugin in
//! `LAMBDA_TASK_ROOT`, the handler's `init` runs, an instance is started, and then invocations are
//! fetched from the Runtime API, run, and answered, one after the other on one thread; as many
//! threads do so as `AWS_LAMBDA_MAX_CONCURRENCY` says. No server, no runtime of its own: a small
//! binary starts fast, and a thread that blocks answers fastest. Where an invocation waits already,
//! a plugin whose runtime nobody needed yet makes it between the first question and its answer.
//!
//! * `settings`: the environment; `locate`: `_HANDLER`; `load`: the first phase
//! * `invoke`: one invocation; `seats`: the instances; `end`: signals and `stop`

mod end;
mod invoke;
mod load;
mod locate;
mod log;
mod seats;
mod settings;

use std::convert::Infallible;
use std::sync::Arc;

pub use settings::{Given, InvokeMode, SettingsError};

use self::invoke::Web;
use self::seats::Seats;
use self::settings::{Logs, Settings};
use crate::exit;
use crate::invocation::{ErrorKind, FunctionError};
use crate::observe;
use crate::plugin::{self, Handler, LoadError};
use crate::runtime_api::client::{Client, ClientError, Next};

/// Runs the function that the environment describes, unless `given` says otherwise, until the
/// process is told to end; then it does not return. Otherwise returns the code to exit with:
///
/// * 64: the environment lacks what is needed, or makes no sense
/// * 65: the function cannot be set up; Lambda has been told why
/// * 69: the Runtime API cannot be reached
/// * 70: it sent what it should not, or wants the runtime to end
pub fn run(given: Given) -> u8 {
    plugin::keep_freed_memory();
    let variables = std::env::vars_os().collect();
    let logs = Logs::read(&variables);
    if let Err(error) = observe::init_at_once(logs.format, logs.filter) {
        eprintln!("error: {error}");
        return exit::INTERNAL;
    }
    if let Some(problem) = logs.problem {
        tracing::warn!("{problem}");
    }
    if !given.ignored.is_empty() {
        let flags = given.ignored.join(", ");
        tracing::warn!(
            "without effect in AWS Lambda, where the function's own settings count: {flags}"
        );
    }
    let settings = match Settings::read(&variables, given) {
        Ok(settings) => settings,
        Err(error) => {
            let document = FunctionError::new(
                ErrorKind::Internal,
                "Runtime.InvalidEnvironment",
                error.to_string(),
            );
            log::phase_failed("init", &document);
            if let Some(endpoint) = settings::endpoint(&variables) {
                tell(&mut Client::new(endpoint), &document);
            }
            return exit::USAGE;
        }
    };
    drop(variables);
    let mut client = Client::new(settings.endpoint.clone());
    let handler = match load::load(&settings) {
        Ok(handler) => handler,
        Err(error) => {
            log::phase_failed("init", &error);
            tell(&mut client, &error);
            return LoadError::EXIT_CODE;
        }
    };
    match serve(client, &settings, &handler) {
        Ok(never) => match never {},
        Err(error) => {
            log_client(&error);
            code(&error)
        }
    }
}

/// Fetches and runs invocations until that is no longer possible.
fn serve(
    mut client: Client,
    settings: &Settings,
    handler: &Handler,
) -> Result<Infallible, ClientError> {
    let seats = Seats::new(handler, settings.concurrency);
    if let Err(error) = prepare_end(settings, handler, &seats) {
        tracing::warn!("instances will not be stopped at the end: {error}");
    }
    seats.start(0);
    if settings.snap_start
        && let Err(error) = client.restored()
    {
        let document = FunctionError::new(
            ErrorKind::Internal,
            "Runtime.RestoreError",
            error.to_string(),
        );
        client.restore_error(&document)?;
        return Err(error);
    }
    for seat in 1..seats.count() {
        let (seats, endpoint) = (Arc::clone(&seats), settings.endpoint.clone());
        let web = settings.web;
        let serve = move || {
            seats.start(seat);
            let Err(error) = serve_seat(&mut Client::new(endpoint), &seats, seat, web);
            // What one connection meets the others meet too.
            log_client(&error);
            end::finish(code(&error));
        };
        let spawned = std::thread::Builder::new()
            .name(format!("shim-loop-{seat}"))
            .spawn(serve);
        if let Err(error) = spawned {
            tracing::warn!("only {seat} invocations can run at once: {error}");
            break;
        }
    }
    if settings.on_demand {
        let first = client.next_invocation_while(|| handler.ready())?;
        serve_one(&mut client, &seats, 0, first, settings.web)?;
    }
    serve_seat(&mut client, &seats, 0, settings.web)
}

fn serve_seat(
    client: &mut Client,
    seats: &Seats,
    seat: usize,
    web: Web,
) -> Result<Infallible, ClientError> {
    loop {
        let next = client.next_invocation()?;
        serve_one(client, seats, seat, next, web)?;
    }
}

/// Runs an invocation that was fetched. An answer that was not taken is logged, unless it ends the
/// runtime.
fn serve_one(
    client: &mut Client,
    seats: &Seats,
    seat: usize,
    next: Next,
    web: Web,
) -> Result<(), ClientError> {
    let Some(mut solo) = seats.take(seat) else {
        // The process is about to end. What was fetched is run elsewhere, or again.
        loop {
            std::thread::park();
        }
    };
    let id = next.id;
    match invoke::invoke(client, &mut solo, next, web) {
        Err(error) if error.is_fatal() => Err(error),
        Err(error) => {
            tracing::error!(
                request_id = id.as_str(),
                "the answer was not taken: {error}"
            );
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// A handler without instances has nothing to stop: it costs no thread and no extension.
fn prepare_end(settings: &Settings, handler: &Handler, seats: &Arc<Seats>) -> std::io::Result<()> {
    if handler.is_stateless() {
        return end::at_once_on_signals();
    }
    end::orderly_on_signals(Arc::clone(seats), handler.clone())?;
    if let Err(error) = end::register_extension(settings.endpoint.clone()) {
        tracing::debug!("no extension, so that Lambda will send no SIGTERM: {error}");
    }
    Ok(())
}

/// Tells Lambda, which tells whoever invokes the function.
fn tell(client: &mut Client, error: &FunctionError) {
    if let Err(error) = client.init_error(error) {
        log_client(&error);
    }
}

/// The exit code of a runtime that ends with this error.
fn code(error: &ClientError) -> u8 {
    match error {
        ClientError::Connect { .. } | ClientError::Lost { .. } => exit::UNAVAILABLE,
        _ => exit::INTERNAL,
    }
}

fn log_client(error: &ClientError) {
    let error: &(dyn std::error::Error + 'static) = error;
    let source = error.source().map(ToString::to_string);
    tracing::error!(reason = source, "{error}");
}
