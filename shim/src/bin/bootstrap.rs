//! The program of a Lambda function: `/var/task/bootstrap`, beside the plugin.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(shim::bootstrap::run(shim::bootstrap::Given::default()))
}
