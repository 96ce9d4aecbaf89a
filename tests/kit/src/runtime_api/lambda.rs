//! Starts a bootstrap as Lambda does.

use std::ffi::OsString;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Received, RuntimeApi};
use crate::{Command, Finished, Program, Shim};

/// What Lambda sets for every function on `provided.al2023`, as it was seen there.
const VARIABLES: &[(&str, &str)] = &[
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "tested"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tested"),
    (
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef",
    ),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    (
        "PATH",
        "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    ),
];

/// A bootstrap in the making: a folder with the function's files, the environment that Lambda
/// sets and nothing else, and a [Runtime API](RuntimeApi) of its own.
#[derive(Debug)]
#[must_use = "nothing runs before `start` or `run`"]
pub struct Lambda {
    api: RuntimeApi,
    /// Holds the task root.
    folder: TempDir,
    root: PathBuf,
    command: Command,
}

impl Lambda {
    /// A function without any files.
    pub fn new(bootstrap: &Program) -> Self {
        Self::in_folder(bootstrap, "task")
    }

    /// A function without any files, whose folder has this name.
    pub fn in_folder(bootstrap: &Program, name: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // Whatever is said about files is said about canonical paths.
        let root = folder
            .path()
            .canonicalize()
            .expect("it is there")
            .join(name);
        fs::create_dir(&root).expect("a folder");
        let api = RuntimeApi::new();
        let mut command = bootstrap
            .bare_command()
            .directory(&root)
            .env("LAMBDA_TASK_ROOT", &root)
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        for (name, value) in VARIABLES {
            command = command.env(name, value);
        }
        Self {
            api,
            folder,
            root,
            command,
        }
    }

    /// The Runtime API that it will speak to.
    pub fn api(&self) -> &RuntimeApi {
        &self.api
    }

    /// The folder of the function.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Puts a file into the folder.
    ///
    /// # Panics
    /// It cannot be copied.
    pub fn file(self, name: &str, from: &Path) -> Self {
        let to = self.root.join(name);
        if fs::hard_link(from, &to).is_err() {
            fs::copy(from, &to).expect("a copy");
        }
        self
    }

    /// Writes a file into the folder.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn text_file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.root.join(name), text).expect("a file");
        self
    }

    /// Sets `_HANDLER`.
    pub fn handler(self, name: &str) -> Self {
        self.env("_HANDLER", name)
    }

    /// Adds arguments of the command line, which Lambda itself does not give.
    pub fn words(mut self, words: &[&str]) -> Self {
        self.command = self.command.words(words);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command = self.command.env(name, value.into());
        self
    }

    /// Takes a variable out.
    pub fn without(mut self, name: &str) -> Self {
        self.command = self.command.without_env(name);
        self
    }

    /// Starts in another directory than the function's folder.
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.command = self.command.directory(path);
        self
    }

    /// Starts it, without waiting for anything.
    pub fn start(self) -> Function {
        let process = self.command.spawn();
        self.api.watch(process.output().clone());
        Function {
            process,
            api: self.api,
            _folder: self.folder,
        }
    }

    /// Runs it to its end, and returns what it told the Runtime API besides.
    ///
    /// # Panics
    /// It does not end.
    pub fn run(self) -> (Finished, Vec<Received>) {
        let finished = self.command.run();
        (finished, self.api.received())
    }
}

/// A bootstrap that runs, with its [Runtime API](RuntimeApi); killed when dropped.
#[derive(Debug)]
pub struct Function {
    process: Shim,
    api: RuntimeApi,
    _folder: TempDir,
}

impl Function {
    /// The process.
    pub fn process(&self) -> &Shim {
        &self.process
    }

    /// Waits for its end: the exit code, or the negative number of the signal that ended it.
    ///
    /// # Panics
    /// It does not end.
    #[track_caller]
    pub fn wait_exit(&self) -> i32 {
        self.process.wait_exit()
    }
}

impl Deref for Function {
    type Target = RuntimeApi;

    fn deref(&self) -> &RuntimeApi {
        &self.api
    }
}
