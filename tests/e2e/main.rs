//! End-to-end tests of the real binary, with a plugin that has a handler for each behaviour.
//!
//! One file for each theme. Each test starts a shim of its own on a port of its own and waits for
//! conditions, never for time to pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on ends by panic"
)]

mod activation;
mod adapter;
mod admin;
mod attempts;
mod bootstrap;
#[cfg(feature = "build")]
mod build;
mod cancel;
mod cli;
mod concurrency;
mod config;
mod context;
mod deadline;
mod deploy;
mod dev;
#[cfg(feature = "doctor")]
mod doctor;
mod errors;
mod event;
mod event_spool;
mod exposure;
mod folder;
mod functions;
mod gateway;
mod generate;
#[cfg(feature = "dev")]
mod guides;
mod h2;
mod help;
mod http;
mod image;
mod init;
mod inspect;
mod invoke;
mod invoke_command;
mod invoke_errors;
mod invoke_limits;
mod lifecycle;
mod limits;
mod logs;
mod many;
mod metrics;
mod mock;
mod names;
#[cfg(feature = "build")]
mod new;
mod package;
#[cfg(feature = "dev")]
mod packed;
mod panics;
mod placement;
mod reload;
mod routes;
mod serve;
mod shutdown;
mod signature;
mod slow;
mod snapshots;
mod start_stop;
#[cfg(feature = "dev")]
mod story;
mod streamed_invoke;
mod streaming;
mod tail;
mod tls;
mod url_events;
mod varying;
mod verify;
mod web;

use std::path::{Path, PathBuf};

use shim_testkit::{Command, Connection, Program, Response, Shim, TempDir, json, plugin};

/// The binary under test.
fn shim() -> Program {
    Program::at(Path::new(env!("CARGO_BIN_EXE_shim")))
}

/// The plugin with all behaviours.
fn behaviours() -> PathBuf {
    plugin("fixture-behaviours")
}

/// Serves a handler of it.
fn serve(handler: &str) -> Command {
    shim().serve(behaviours()).handler(handler)
}

/// Serves a handler of it under a name.
fn serve_as(name: &str, handler: &str) -> Command {
    shim().serve(format!("{name}={}#{handler}", behaviours().display()))
}

/// A `shim.toml` that can be changed, in a folder of its own.
struct Toml(TempDir);

impl Toml {
    fn new(text: &str) -> Self {
        let toml = Self(TempDir::new().unwrap());
        toml.write(text);
        toml
    }

    /// One that serves these handlers, each with the lines that are in its table.
    fn of(functions: &[(&str, &str, &str)]) -> Self {
        let toml = Self::new("");
        toml.write_functions(functions);
        toml
    }

    fn write_functions(&self, functions: &[(&str, &str, &str)]) {
        let plugin = json!(behaviours());
        let tables = functions.iter().map(|(name, handler, lines)| {
            format!("[function.{name}]\nplugin = {plugin}\nhandler = \"{handler}\"\n{lines}\n")
        });
        self.write(&tables.collect::<String>());
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path("shim.toml"), text).unwrap();
    }

    /// A file beside it.
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command line that serves what it says.
    fn serve(&self) -> Command {
        let command = shim().command().arg("--port", "0");
        command.arg("--config", self.path("shim.toml"))
    }
}

/// Something that handlers wait for: a file that is not there yet.
struct Gate(TempDir);

impl Gate {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("open")
    }

    /// The event that makes a handler wait for it.
    fn event(&self) -> String {
        format!("{{\"until\":{:?}}}", self.path())
    }

    fn open(&self) {
        std::fs::write(self.path(), "").unwrap();
    }
}

/// Sends a request whose answer is read later.
fn begin(shim: &Shim, target: &str, body: &str) -> Connection {
    let mut connection = shim.connect();
    connection.send_request("POST", target, "", body.as_bytes());
    connection
}

/// Sends all bodies at the same time, each on a connection of its own, and waits for the answers.
fn post_all(shim: &Shim, target: &str, bodies: &[String]) -> Vec<Response> {
    let mut connections: Vec<_> = bodies
        .iter()
        .map(|body| begin(shim, target, body))
        .collect();
    connections.iter_mut().map(Connection::response).collect()
}
