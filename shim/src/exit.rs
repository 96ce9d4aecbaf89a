//! How the process ends: the message for people, the code for programs.

use std::net::SocketAddr;
use std::process::ExitCode;

use crate::config::ConfigErrors;
use crate::observe::{self, LogError};
#[cfg(feature = "package")]
use crate::package::PackageError;
#[cfg(feature = "package")]
use crate::package::image::ImageError;
use crate::plugin::LoadError;

/// A command line that cannot be understood (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// Data that cannot be used, or is not what it should be (`EX_DATAERR`).
pub const DATA: u8 = 65;
/// A port or a log daemon that cannot be had (`EX_UNAVAILABLE`).
pub const UNAVAILABLE: u8 = 69;
/// It may work if it is tried again (`EX_TEMPFAIL`).
pub const TRY_AGAIN: u8 = 75;
/// Who asks may not (`EX_NOPERM`).
pub const NOT_ALLOWED: u8 = 77;
/// All was well but the function that was invoked: none of sysexits means that.
pub const FUNCTION_FAILED: u8 = 1;
/// `shim doctor` has found something that does not work.
pub const CHECK_FAILED: u8 = 1;
/// Anything else (`EX_SOFTWARE`).
pub const INTERNAL: u8 = 70;

/// A configuration that cannot be carried out (`EX_CONFIG`).
pub const CONFIGURATION: u8 = 78;

/// What the configuration names is not there, or is not what it should be.
#[derive(Debug)]
pub struct Misconfigured(pub anyhow::Error);

impl std::fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Misconfigured {}

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

/// Data that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BadData {
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl BadData {
    /// Data that cannot be used, and what to do about it.
    pub fn new(message: impl Into<String>, hint: &'static str) -> Self {
        let message = message.into();
        Self { message, hint }
    }
}

/// A command that failed, with its exit code and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CommandFailed {
    /// The exit code.
    pub code: u8,
    /// What was tried, and what came of it.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CommandFailed {
    /// A failure with one of the exit codes of this module.
    pub fn new(code: u8, message: impl Into<String>, hint: Option<String>) -> Self {
        let message = message.into();
        Self {
            code,
            message,
            hint,
        }
    }
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
    #[cfg(feature = "package")]
    if let Some(error) = error.downcast_ref::<PackageError>() {
        return error.hint();
    }
    #[cfg(feature = "package")]
    if let Some(error) = error.downcast_ref::<ImageError>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<BadData>() {
        return Some(error.hint.to_owned());
    }
    if let Some(error) = error.downcast_ref::<CommandFailed>() {
        return error.hint.clone();
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
    #[cfg(feature = "package")]
    if let Some(error) = error.downcast_ref::<PackageError>() {
        return match error {
            error if error.is_usage() => USAGE,
            error if error.is_failure() => INTERNAL,
            _ => LoadError::EXIT_CODE,
        };
    }
    #[cfg(feature = "package")]
    if let Some(error) = error.downcast_ref::<ImageError>() {
        return match error {
            error if error.is_usage() => USAGE,
            error if error.is_failure() => INTERNAL,
            _ => LoadError::EXIT_CODE,
        };
    }
    if let Some(error) = error.downcast_ref::<CommandFailed>() {
        error.code
    } else if error.is::<LoadError>() {
        LoadError::EXIT_CODE
    } else if error.is::<BadData>() {
        DATA
    } else if let Some(errors) = error.downcast_ref::<ConfigErrors>() {
        errors.exit_code()
    } else if error.is::<Misconfigured>() {
        CONFIGURATION
    } else if error.is::<Unavailable>() || error.is::<LogError>() {
        UNAVAILABLE
    } else {
        INTERNAL
    }
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
