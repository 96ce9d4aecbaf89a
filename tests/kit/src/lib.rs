//! Drives the real shim binary over real sockets, for tests.
//!
//! A tiny vocabulary: a [`Program`] is given [arguments](Command) and either
//! [runs](Command::run) to its end or [starts](Command::start) to [serve](Shim), and is then
//! [asked](Shim::get) over [connections](Connection), [signalled](Shim::signal) and
//! [read](Shim::wait_for_log).
//!
//! ```no_run
//! use shim_testkit::Program;
//!
//! let shim = Program::at("target/debug/shim".as_ref())
//!     .serve("target/debug/deps/libbehaviours.so")
//!     .handler("greet")
//!     .arg("--timeout", "1s")
//!     .start();
//! shim.post("/", r#"{"name":"you"}"#)
//!     .expect_status(200)
//!     .expect_body(r#"{"text":"Hello, you!"}"#);
//! ```
//!
//! Everything waits on conditions, for [`PATIENCE`] at most, and fails with all that the process
//! has said. A process ends with the value that stands for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on ends by panic"
)]

mod command;
mod connection;
pub mod frames;
mod http2;
mod https;
mod invoke;
mod log;
mod output;
mod response;
pub mod runtime_api;
mod shim;
mod wire;

use std::time::{Duration, Instant};

pub use command::{Command, Finished, Program};
pub use connection::Connection;
pub use http2::Http2;
pub use invoke::{Call, decode_text, encode_text};
pub use log::Log;
pub use response::Response;
pub use rustix::process::Signal;
pub use serde_json::{Value, json};
pub use shim::Shim;
pub use tempfile::TempDir;

/// How long anything is waited for: only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The file of a plugin that cargo has built for the running test: the crate's `cdylib` lies beside
/// the test binary.
pub fn plugin(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().expect("the test binary has a path");
    let path = test.with_file_name(format!("lib{}.so", name.replace('-', "_")));
    assert!(path.exists(), "{} was not built", path.display());
    path
}

/// Asks `condition` again and again until it has an answer.
///
/// # Panics
/// It has none for [`PATIENCE`].
#[track_caller]
pub fn eventually<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_until(|| what.to_owned(), condition)
}

#[track_caller]
fn wait_until<T>(what: impl Fn() -> String, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = condition() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", what());
        std::thread::sleep(Duration::from_millis(5));
    }
}
