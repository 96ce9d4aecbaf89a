//! How the process ends: the message for people, the code for programs.

use std::net::SocketAddr;
use std::process::ExitCode;

use crate::auth::CredentialsError;
use crate::config::ConfigErrors;
use crate::engine::MockError;
use crate::frontend::url::DuplicateRoute;
use crate::observe::{self, LogError};
use crate::plugin::LoadError;
use crate::server::TlsError;

/// A command line that cannot be understood (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// A port or a log daemon that cannot be had (`EX_UNAVAILABLE`).
pub const UNAVAILABLE: u8 = 69;
/// Anything else (`EX_SOFTWARE`).
pub const INTERNAL: u8 = 70;
/// A configuration that cannot be used (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// A configuration that turns out wrong only when the files that it names are read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongConfig(pub String);

/// A socket that cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct Unavailable {
    /// Where.
    pub address: SocketAddr,
    /// The flag that chooses it.
    pub flag: &'static str,
    /// Why not.
    pub error: std::io::Error,
}

/// Parses the command line, or ends the process: with help or version (0), or because it cannot be
/// understood (64).
pub fn parse(command: clap::Command) -> Result<clap::ArgMatches, ExitCode> {
    command.try_get_matches().map_err(|error| {
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { USAGE } else { 0 })
    })
}

/// Tells the error, once, and chooses the exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    if let Some(hint) = hint(error) {
        eprintln!("  hint: {hint}");
    }
    ExitCode::from(code(error))
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(error) = error.downcast_ref::<LoadError>() {
        return error.hint();
    }
    let unavailable = error.downcast_ref::<Unavailable>()?;
    match unavailable.error.kind() {
        std::io::ErrorKind::AddrInUse => Some(format!(
            "another program has this port; choose one with {}",
            unavailable.flag
        )),
        std::io::ErrorKind::PermissionDenied => {
            Some("ports below 1024 need a privilege; choose a higher one with --port".to_owned())
        }
        _ => None,
    }
}

fn code(error: &anyhow::Error) -> u8 {
    if error.is::<LoadError>() {
        LoadError::EXIT_CODE
    } else if let Some(errors) = error.downcast_ref::<ConfigErrors>() {
        errors.exit_code()
    } else if error.is::<Unavailable>() || error.is::<LogError>() {
        UNAVAILABLE
    } else if is_of_configuration(error) {
        CONFIG
    } else {
        INTERNAL
    }
}

/// Whether a file that the configuration names is wrong, or what such files hold together.
fn is_of_configuration(error: &anyhow::Error) -> bool {
    error.is::<WrongConfig>()
        || error.is::<TlsError>()
        || error.is::<CredentialsError>()
        || error.is::<MockError>()
        || error.is::<DuplicateRoute>()
}

/// Ends the process at once, in the middle of whatever it does.
pub fn abort(why: &str) -> ! {
    tracing::error!("{why}");
    observe::flush();
    #[expect(
        clippy::exit,
        reason = "the one place where a second signal ends the process"
    )]
    std::process::exit(i32::from(INTERNAL))
}
