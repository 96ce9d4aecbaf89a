//! The clients, installed in the versions that are pinned here, below `<target>/clients`.
//!
//! What was installed stays there under a name made from the pinned versions, so that a second run
//! is quick. Only a tool that is not there, or a registry that cannot be reached, skips a test.
//! Version 2 of the AWS CLI is in no such registry: `system` looks for the one that is installed.

mod node;
mod peer;
mod python;
mod rust;
mod system;
mod tool;

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use shim_testkit::{Command, Program, TempDir};

pub(crate) use node::{javascript, knative};
pub(crate) use peer::lambda_runtime;
pub(crate) use python::{aws_cli, boto3, cargo_lambda, reader};
pub(crate) use rust::rust;
pub(crate) use system::aws_cli_v2;

/// What a client needs and was not found.
#[derive(Debug)]
pub(crate) struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client that can be run. The folder is its own, for files that it needs.
pub(crate) struct Client {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: TempDir,
}

impl Client {
    fn new(program: PathBuf) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// A folder for its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command line of it. It sees no configuration of AWS's but what is added.
    pub(crate) fn command(&self) -> Command {
        let nowhere = self.folder().join("not-there");
        Program::at(&self.program)
            .command()
            .words(&self.arguments)
            .env("AWS_CONFIG_FILE", &nowhere)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_DEFAULT_REGION", "us-east-1")
    }
}

/// The pinned versions and the programs of a client: `tests/clients/<name>`.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/clients")
        .join(name)
}

/// Where environments lie.
fn below_target() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let folder = target.expect("a target folder").join("clients");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// The folder of an environment that is made of `parts`, made by `make` unless it is there. Other
/// processes that want the same wait meanwhile.
fn made(
    name: &str,
    parts: &[&str],
    make: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let mut hash = DefaultHasher::new();
    parts.hash(&mut hash);
    let key = format!("{name}-{:016x}", hash.finish());
    let folder = below_target().join(&key);
    let lock = File::create(below_target().join(format!("{key}.lock"))).expect("a lock file");
    lock.lock().expect("a lock");
    let complete = folder.join("complete");
    if !complete.exists() {
        // What an interrupted run has left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        make(&folder)?;
        File::create(complete).expect("a file");
    }
    Ok(folder)
}
