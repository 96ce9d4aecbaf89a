//! The AWS SDK for Rust, in a workspace of its own.

use std::fs;

use super::{Client, Missing, below_target, source, tool};

/// The program that does cases with the SDK for Rust.
pub(crate) fn rust() -> Result<Client, Missing> {
    let manifest = source("rust/Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("Cargo.toml");
    let parsed: toml::Table = text.parse().expect("a manifest");
    let least = parsed["package"]["rust-version"].as_str();
    tool::at_least("rustc", least.expect("a rust-version"))?;

    let target = below_target().join("rust");
    tool::install(
        tool::cargo()
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target),
        "cargo",
    )?;
    Ok(Client::new(target.join("debug/rust-client")))
}
