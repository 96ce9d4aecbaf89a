//! Entry point: parse, run the chosen command, translate the outcome.

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = match shim::exit::parse(shim::cli::command()) {
        Ok(matches) => matches,
        Err(code) => return code,
    };
    match shim::cli::run(&matches) {
        Ok(code) => code,
        Err(error) => shim::exit::report(&error),
    }
}
