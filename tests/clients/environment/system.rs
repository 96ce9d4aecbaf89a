//! Version 2 of the AWS CLI, as the system has it: AWS publishes it as an installer only, Debian as the
//! package `awscli`.

use std::env;
use std::path::Path;
use std::process::Command;

use super::{Client, Missing, tool};

/// The first `aws` on the path that is of version 2.
pub(crate) fn aws_cli_v2() -> Result<Client, Missing> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join("aws"))
        .filter(|program| program.is_file())
        .find(|program| is_v2(program));
    let missing = || Missing("no `aws` of version 2 is on the path".to_owned());
    found.map(Client::new).ok_or_else(missing)
}

fn is_v2(program: &Path) -> bool {
    let asked = tool::output(Command::new(program).arg("--version"), "aws");
    asked.is_ok_and(|asked| asked.stdout.starts_with(b"aws-cli/2."))
}
