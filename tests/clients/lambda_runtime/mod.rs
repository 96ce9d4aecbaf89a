//! lambda_runtime 1.5, AWS's own runtime for Rust, beside `bootstrap`: the same events from the same
//! host come to the same, for functions that do the same.
//!
//! * `scripted`: request by request, with the test kit's Runtime API
//! * `hosted`: what callers see, with the shim's own host of runtimes
//!
//! The functions of lambda_runtime are in `tests/bench/peers/compat`; those of the shim have the same
//! names in `tests/fixtures/behaviours`.

mod hosted;
mod scripted;

use std::path::Path;

use shim_testkit::runtime_api::Lambda;
use shim_testkit::{Program, plugin};

use crate::environment;
use crate::skip;

/// A function twice: of lambda_runtime, and of `bootstrap`. `None`, and a line that says so, without
/// lambda_runtime.
fn both(handler: &str) -> Option<[Lambda; 2]> {
    let theirs = match environment::lambda_runtime() {
        Ok(program) => program,
        Err(missing) => {
            skip("lambda_runtime", &missing);
            return None;
        }
    };
    let ours = Program::at(Path::new(env!("CARGO_BIN_EXE_bootstrap")));
    let handler = format!("behaviours.{handler}");
    let ours = Lambda::new(&ours).file("behaviours.so", &plugin("fixture-behaviours"));
    Some([Lambda::new(&theirs), ours].map(|lambda| lambda.handler(&handler)))
}
