//! From what was typed to what will be done.
//!
//! Flags, `SHIM_*` variables and `shim.toml` are three ways to give one [`setting`]; the first of
//! them that has it wins, then its default. What comes out is a [`Plan`]: nothing behind it sees a
//! flag, a file or a variable. All problems are reported at once.

mod functions;
mod given;
mod listen;
mod parse;
mod plan;
mod problem;
pub mod setting;

pub use functions::{FunctionSpec, PluginPlan, Settings};
pub use given::{Environment, Fixed, Given, Origin};
pub use listen::PassedAddresses;
#[cfg(any(feature = "invoke", feature = "package"))]
pub(crate) use parse::{duration, variable};
pub use plan::{AdminPlan, KeysFrom, Plan, ServePlan, log_plan, only_plugin, resolve};
pub use problem::{ConfigErrors, Problem};
