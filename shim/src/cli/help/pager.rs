//! A long text on a terminal goes through a pager.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::flag;

use crate::cli::inspect::print;

/// What is run if nobody says anything else.
const DEFAULT: &str = "command -v less >/dev/null 2>&1 && exec less; exec cat";
/// What a shell ends with if there is no such program.
const NOT_FOUND: i32 = 127;
/// How `less` behaves if nobody says anything else: it ends at once if all fits on the screen, and
/// leaves the text there.
const LESS: &str = "FRX";

/// Shows a text: through a pager if standard output is a terminal, as it is otherwise.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn show(text: &str) -> anyhow::Result<()> {
    let pager = match io::stdout().is_terminal() {
        true => pager(std::env::var_os("PAGER")),
        false => None,
    };
    match pager.map(|pager| page(&pager, text)) {
        Some(Ok(true)) => Ok(()),
        _ => print(text),
    }
}

/// What the variable `PAGER` asks for: a command of the shell, as `git` and `man` take it; `None`:
/// nothing.
fn pager(variable: Option<OsString>) -> Option<OsString> {
    let pager = variable.unwrap_or_else(|| DEFAULT.into());
    let none = pager.is_empty() || pager == "cat";
    (!none).then_some(pager)
}

/// Runs a pager to its end: whether there is such a program.
fn page(pager: &OsStr, text: &str) -> io::Result<bool> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(pager).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    // These keys are for the pager.
    for signal in [SIGINT, SIGQUIT] {
        flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let mut pager = command.spawn()?;
    if let Some(mut input) = pager.stdin.take() {
        // Who leaves the pager early has read enough.
        let _ = input.write_all(text.as_bytes());
    }
    Ok(pager.wait()?.code() != Some(NOT_FOUND))
}

#[cfg(test)]
mod tests {
    use super::pager;

    #[test]
    fn the_variable_chooses_the_pager() {
        assert_eq!(pager(None), Some(super::DEFAULT.into()));
        assert_eq!(pager(Some("more -d".into())), Some("more -d".into()));
        assert_eq!(pager(Some("cat".into())), None);
        assert_eq!(pager(Some("".into())), None);
    }
}
