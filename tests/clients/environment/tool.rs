//! Tools of the machine, and what they say when they cannot reach a package registry.

use std::io;
use std::process::{Command, Output, Stdio};

use super::Missing;

/// What installers say without a network, in lower case.
const NO_NETWORK: &[&str] = &[
    // pip
    "name resolution",
    "name or service not known",
    "failed to establish a new connection",
    "cannot connect to proxy",
    "read timed out",
    "connecttimeouterror",
    // npm
    "enotfound",
    "eai_again",
    "econnrefused",
    "econnreset",
    "etimedout",
    "enetunreach",
    "ehostunreach",
    // cargo
    "could not resolve host",
    "couldn't resolve host",
    "couldn't connect to server",
    "could not connect to server",
    "failed to connect to",
    "timeout was reached",
    "--offline was specified",
    // all of them
    "connection refused",
    "network is unreachable",
    "no route to host",
];

/// The version that a tool says it has: the first word of its answer that begins with a number.
pub(super) fn version(tool: &str) -> Result<String, Missing> {
    let output = output(Command::new(tool).arg("--version"), tool)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = said
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'));
    let version = words
        .filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
        .next();
    version.ok_or_else(|| Missing(format!("`{tool} --version` tells no version")))
}

/// Expects a tool that is at least this new.
pub(super) fn at_least(tool: &str, least: &str) -> Result<(), Missing> {
    let numbers = |version: &str| -> Vec<u32> {
        let numbers = version
            .split(['.', '-', '+'])
            .map_while(|part| part.parse().ok());
        numbers.take(3).collect()
    };
    let found = version(tool)?;
    if numbers(&found) < numbers(least) {
        let what = format!("{tool} {least} or newer was not found, only {found}");
        return Err(Missing(what));
    }
    Ok(())
}

/// Cargo, for a workspace of its own. What cargo has set for these tests is not for that.
pub(super) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    cargo.env_remove("LD_LIBRARY_PATH");
    cargo
}

/// Runs a tool to its end.
pub(super) fn output(command: &mut Command, tool: &str) -> Result<Output, Missing> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Ok(output),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Missing(format!("{tool} was not found")))
        }
        Err(error) => panic!("{tool} cannot be run: {error}"),
    }
}

/// Runs an installer to its end.
///
/// # Panics
/// It fails, and not because its registry is out of reach.
pub(super) fn install(command: &mut Command, tool: &str) -> Result<(), Missing> {
    let output = output(command, tool)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lower = said.to_lowercase();
    if NO_NETWORK.iter().any(|mark| lower.contains(mark)) {
        let what = format!("the package registry of {tool} could not be reached");
        return Err(Missing(what));
    }
    panic!("{tool} cannot install the client:\n{said}");
}
