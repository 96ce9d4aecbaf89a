//! The `bootstrap` binary, started as Lambda starts it, against a Runtime API that is scripted.

mod command;
mod concurrency;
mod connection;
mod context;
mod environment;
mod errors;
mod events;
mod handlers;
mod init;
mod logs;
mod restore;
mod shutdown;
mod sizes;
mod streams;
mod verdicts;
mod web;

use std::path::Path;

use shim_testkit::Program;
use shim_testkit::runtime_api::Lambda;

use crate::behaviours;

/// The binary under test.
fn program() -> Program {
    Program::at(Path::new(env!("CARGO_BIN_EXE_bootstrap")))
}

/// A function without files.
fn bare() -> Lambda {
    Lambda::new(&program()).env("AWS_LAMBDA_LOG_FORMAT", "JSON")
}

/// A function with the plugin of all behaviours, as `behaviours.so`.
fn with_behaviours() -> Lambda {
    bare().file("behaviours.so", &behaviours())
}

/// One of its handlers.
fn handler(name: &str) -> Lambda {
    with_behaviours().handler(&format!("behaviours.{name}"))
}
