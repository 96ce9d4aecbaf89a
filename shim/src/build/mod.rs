//! From crates to plugins: which crates are plugins, cargo, and what it made.
//!
//! * [`find`]: the plugins of a folder, a crate or a workspace, as cargo tells of them
//! * [`start`]: cargo, for any number of plugins of one workspace; [`Running::finish`] waits for it
//!   and says what came of each
//! * [`check`]: whether a file that was built is a plugin that runs where it is to run
//! * [`sources`]: the files that a plugin was built from, for those who watch them
//! * [`Options::target`]: the system to build for, and whether `cargo zigbuild` is needed for it
//!
//! Everything here blocks.

mod cargo;
mod check;
mod error;
mod find;
mod sources;
mod target;

pub use cargo::{Built, Failed, Outcome, Running, start};
pub use check::check;
pub use error::BuildError;
pub use find::{PluginCrate, by_workspace, find};
pub use sources::sources;
pub use target::{Target, has_zigbuild};

/// How to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// With cargo's profile `release`, instead of `dev`.
    pub release: bool,
    /// For which system.
    pub target: Target,
    /// Features of the plugins' crates to turn on.
    pub features: Vec<String>,
    /// Who gets what cargo and the compiler say.
    pub messages: Messages,
}

/// Who gets what cargo and the compiler say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// Standard error of this process: cargo shows its progress there, in colours on a terminal.
    Shown,
    /// The caller: [`Running::finish`] hands over each line that cargo says, and what the compiler
    /// says about a plugin is in its [`Outcome`]. `colours` asks for it with escapes of a terminal.
    Collected {
        /// With escapes of a terminal.
        colours: bool,
    },
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release: true,
            target: Target::This,
            features: Vec::new(),
            messages: Messages::Shown,
        }
    }
}
