//! Functions of lambda_runtime, in the workspace of the benchmarks' peers.

use shim_testkit::Program;

use super::{Missing, below_target, tool};

/// The program with functions of lambda_runtime; `_HANDLER` chooses among them.
pub(crate) fn lambda_runtime() -> Result<Program, Missing> {
    let manifest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/bench/peers/Cargo.toml"
    );
    let target = below_target().join("peers");
    tool::install(
        tool::cargo()
            .args(["build", "--quiet", "--locked", "--package", "peer-compat"])
            .args(["--manifest-path", manifest, "--target-dir"])
            .arg(&target),
        "cargo",
    )?;
    Ok(Program::at(&target.join("debug/peer-compat")))
}
