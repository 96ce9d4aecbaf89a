//! The AWS SDK for Rust, in a workspace of its own.

use std::fs;
use std::process::Command;

use super::{Client, Missing, below_target, source, tool};

/// The program that does cases with the SDK for Rust.
pub(crate) fn rust() -> Result<Client, Missing> {
    let manifest = source("rust/Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("Cargo.toml");
    let parsed: toml::Table = text.parse().expect("a manifest");
    let least = parsed["package"]["rust-version"].as_str();
    tool::at_least("rustc", least.expect("a rust-version"))?;

    let target = below_target().join("rust");
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo has set for these tests is not for the client.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    tool::install(
        cargo
            .env_remove("LD_LIBRARY_PATH")
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target),
        "cargo",
    )?;
    Ok(Client::new(target.join("debug/rust-client")))
}
