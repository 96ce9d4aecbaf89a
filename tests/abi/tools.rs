//! The programs that these tests run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use shim_testkit::Program;

/// The shim of this build.
pub(crate) const SHIM: &str = env!("CARGO_BIN_EXE_shim");

/// The shim of this build, to be run.
pub(crate) fn shim() -> Program {
    Program::at(Path::new(SHIM))
}

/// Runs a compiler to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Whether C can be compiled here.
pub(crate) fn has_c_compiler() -> bool {
    Command::new("cc").arg("--version").output().is_ok()
}

/// Says why a test does not run: past the test harness, which keeps what tests say that pass.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
