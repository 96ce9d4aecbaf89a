//! boto3, the AWS CLI and readers of deployment files, in virtual environments.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Client, Missing, made, source, tool};

/// The program that does cases with boto3.
pub(crate) fn boto3() -> Result<Client, Missing> {
    let python = environment(CLIENTS)?.join("bin/python");
    Ok(Client::new(python).argument(source("python/cases.py")))
}

/// The AWS CLI.
pub(crate) fn aws_cli() -> Result<Client, Missing> {
    program_of(&environment(CLIENTS)?, "aws")
}

/// A program that reads files of `docs/deploy`: `cfn-lint`, `kubernetes-validate`.
pub(crate) fn reader(program: &str) -> Result<Client, Missing> {
    program_of(&environment("readers/requirements.txt")?, program)
}

/// Run by python: a program's first line may name a path that is too long for the kernel.
fn program_of(environment: &Path, program: &str) -> Result<Client, Missing> {
    let folder = environment.join("bin");
    Ok(Client::new(folder.join("python")).argument(folder.join(program)))
}

const CLIENTS: &str = "python/requirements.txt";

fn environment(requirements: &str) -> Result<PathBuf, Missing> {
    let requirements = source(requirements);
    let pinned = fs::read_to_string(&requirements).expect("requirements.txt");
    // An environment is for one version only.
    let version = tool::version("python3")?;
    made("python", &[&pinned, &version], |folder| {
        has_venv()?;
        tool::install(
            python("python3".as_ref()).args(["-m", "venv"]).arg(folder),
            "python3 -m venv",
        )?;
        tool::install(
            python(&folder.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--retries", "2"])
                .args(["--timeout", "30", "--requirement"])
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
