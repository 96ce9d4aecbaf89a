//! boto3, the AWS CLI and readers of deployment files, in virtual environments; and cargo-lambda, which
//! comes the same way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Client, Missing, made, source, tool};

/// The program that does cases with boto3.
pub(crate) fn boto3() -> Result<Client, Missing> {
    let python = environment("python")?.join("bin/python");
    Ok(Client::new(python).argument(source("python/cases.py")))
}

/// The AWS CLI.
pub(crate) fn aws_cli() -> Result<Client, Missing> {
    program_of(&environment("python")?, "aws")
}

/// A program that reads files of `docs/deploy`: `cfn-lint`, `kubernetes-validate`.
pub(crate) fn reader(program: &str) -> Result<Client, Missing> {
    program_of(&environment("readers")?, program)
}

/// The program of cargo-lambda, which is no python.
pub(crate) fn cargo_lambda() -> Result<PathBuf, Missing> {
    Ok(environment("cargo-lambda")?.join("bin/cargo-lambda"))
}

/// Run by python: a program's first line may name a path that is too long for the kernel.
fn program_of(environment: &Path, program: &str) -> Result<Client, Missing> {
    let folder = environment.join("bin");
    Ok(Client::new(folder.join("python")).argument(folder.join(program)))
}

/// The environment with what `NAME/requirements.txt` lists, which is all that it needs.
fn environment(name: &str) -> Result<PathBuf, Missing> {
    let requirements = source(name).join("requirements.txt");
    let pinned = fs::read_to_string(&requirements).expect("requirements.txt");
    // An environment is for one version only.
    let version = tool::version("python3")?;
    made(name, &[&pinned, &version], |folder| {
        has_venv()?;
        tool::install(
            python("python3".as_ref()).args(["-m", "venv"]).arg(folder),
            "python3 -m venv",
        )?;
        tool::install(
            python(&folder.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--retries", "2"])
                .args(["--timeout", "30", "--no-deps", "--requirement"])
                .arg(&requirements),
            "pip",
        )
    })
}

fn has_venv() -> Result<(), Missing> {
    let mut command = python("python3".as_ref());
    let asked = tool::output(command.args(["-c", "import venv, ensurepip"]), "python3")?;
    if asked.status.success() {
        return Ok(());
    }
    let what = "the modules venv and ensurepip of python3 were not found";
    Err(Missing(what.to_owned()))
}

/// Without what its user has added to it.
fn python(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command
}
