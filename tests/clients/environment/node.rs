//! The AWS SDK for JavaScript and the reader of Knative's objects, under node.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::{Client, Missing, made, source, tool};

/// The oldest node that the SDK supports.
const LEAST_NODE: &str = "20.0.0";

/// The program that does cases with the SDK for JavaScript.
pub(crate) fn javascript() -> Result<Client, Missing> {
    program("node", "cases.mjs")
}

/// The program that reads a Service of Knative.
pub(crate) fn knative() -> Result<Client, Missing> {
    program("readers/knative", "read.mjs")
}

fn program(folder: &str, name: &str) -> Result<Client, Missing> {
    tool::at_least("node", LEAST_NODE)?;
    let folder = source(folder);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let (package, lock) = (read("package.json"), read("package-lock.json"));
    let installed = made("node", &[&package, &lock], |folder| {
        fs::write(folder.join("package.json"), &package).expect("a file");
        fs::write(folder.join("package-lock.json"), &lock).expect("a file");
        tool::install(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .args(["--fetch-retries", "1"])
                .current_dir(folder),
            "npm",
        )
    })?;
    // Modules are looked for where the program lies.
    let client = Client::new("node".into());
    let modules = client.folder().join("node_modules");
    symlink(installed.join("node_modules"), modules).expect("a link");
    let program = client.folder().join(name);
    fs::copy(folder.join(name), &program).expect("a copy");
    Ok(client.argument(program))
}
