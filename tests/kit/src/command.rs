//! A command line in the making, and what came of one that ran to its end.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::Arc;

use crate::output::Output;
use crate::shim::{self, Shim};

/// Variables of the tests' own environment that a shim gets, too. All others could change what it
/// does.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
];

/// A shim binary.
#[derive(Debug, Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The binary at `path`.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A command line without arguments.
    pub fn command(&self) -> Command {
        self.command_that_keeps(KEPT)
    }

    /// A command line without arguments and without an environment.
    pub(crate) fn bare_command(&self) -> Command {
        self.command_that_keeps(&["LLVM_PROFILE_FILE"])
    }

    fn command_that_keeps(&self, variables: &[&str]) -> Command {
        let mut command = process::Command::new(&self.0);
        command.env_clear();
        for name in variables {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Command {
            command,
            passed: None,
        }
    }

    /// A command line that serves a plugin on any free port.
    pub fn serve(&self, plugin: impl AsRef<OsStr>) -> Command {
        self.command().arg("--plugin", plugin).arg("--port", "0")
    }
}

/// A command line in the making. The environment is empty but for what programs need to run.
#[derive(Debug)]
#[must_use = "nothing runs before `start` or `run`"]
pub struct Command {
    command: process::Command,
    /// What becomes descriptor 3.
    passed: Option<OwnedFd>,
}

/// Makes the descriptor that is its standard input the first one that systemd would pass, and
/// becomes the command line that it was given.
const PASS: &str = r#"export LISTEN_PID=$$; exec "$0" "$@" 3<&0 4<&- </dev/null"#;

impl Command {
    /// Adds an argument.
    pub fn word(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// Adds several.
    pub fn words<T: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.command.args(words);
        self
    }

    /// Adds a flag and its value.
    pub fn arg(self, flag: &str, value: impl AsRef<OsStr>) -> Self {
        self.word(flag).word(value)
    }

    /// Chooses the handler to serve.
    pub fn handler(self, name: &str) -> Self {
        self.arg("--handler", name)
    }

    /// Sets a setting of the function: `--env NAME=VALUE`.
    pub fn var(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut pair = OsString::from(format!("{name}="));
        pair.push(value);
        self.arg("--env", pair)
    }

    /// Sets a variable of the process's environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of the process's environment.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Passes a socket as systemd does, under this name if there is one.
    pub fn pass(mut self, socket: impl Into<OwnedFd>, name: Option<&str>) -> Self {
        let mut command = process::Command::new("sh");
        command.args(["-c", PASS]).arg(self.command.get_program());
        command.args(self.command.get_args()).env_clear();
        let set = self.command.get_envs();
        command.envs(set.filter_map(|(name, value)| Some((name, value?))));
        if let Some(directory) = self.command.get_current_dir() {
            command.current_dir(directory);
        }
        command.env("LISTEN_FDS", "1");
        if let Some(name) = name {
            command.env("LISTEN_FDNAMES", name);
        }
        self.command = command;
        self.passed = Some(socket.into());
        self
    }

    /// Starts in this directory.
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// It cannot be started, or does not end within [`PATIENCE`](crate::PATIENCE).
    pub fn run(self) -> Finished {
        let shim = self.spawn();
        let code = shim.wait_exit();
        let output = shim.output().clone();
        output.wait_for_end();
        Finished { code, output }
    }

    /// Starts, without waiting for anything.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn spawn(mut self) -> Shim {
        let said = format!("{:?}", self.command);
        self.command
            .stdin(self.passed.take().map_or_else(Stdio::null, Stdio::from))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the shim starts");
        let output = Output::of(said, &mut child);
        shim::started(child, output)
    }

    /// Starts, and waits until it serves.
    ///
    /// # Panics
    /// It ends before, or takes longer than [`PATIENCE`](crate::PATIENCE).
    pub fn start(self) -> Shim {
        let shim = self.spawn();
        shim.address();
        shim
    }
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    code: i32,
    output: Arc<Output>,
}

impl Finished {
    /// Its exit code, or the negative number of the signal that ended it.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// What it wrote to standard output.
    pub fn stdout(&self) -> String {
        self.output.stdout()
    }

    /// What it wrote to standard error.
    pub fn stderr(&self) -> String {
        self.output.stderr()
    }

    /// Standard output, which is JSON.
    ///
    /// # Panics
    /// It is not.
    pub fn json(&self) -> serde_json::Value {
        let parsed = serde_json::from_str(&self.stdout());
        parsed.unwrap_or_else(|error| panic!("not JSON: {error}\n{}", self.output))
    }

    /// Expects an exit code; a signal counts as its negative number.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "exit code\n{}", self.output);
        self
    }

    /// Expects a text in standard error.
    ///
    /// # Panics
    /// It is not there.
    #[track_caller]
    pub fn expect_stderr(&self, text: &str) -> &Self {
        let there = self.stderr().contains(text);
        assert!(there, "`{text}` is not in standard error\n{}", self.output);
        self
    }

    /// Expects a text in standard output.
    ///
    /// # Panics
    /// It is not there.
    #[track_caller]
    pub fn expect_stdout(&self, text: &str) -> &Self {
        let there = self.stdout().contains(text);
        assert!(there, "`{text}` is not in standard output\n{}", self.output);
        self
    }
}
