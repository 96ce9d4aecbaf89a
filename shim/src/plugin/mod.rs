//! From a path to a handler that can be called safely.
//!
//! * [`preflight`]: all that can be known of a file without running any of it
//! * [`Plugin`]: an opened file; [`Handler`]: one of its handlers, initialised for a function
//! * [`Description`]: what a handler says of its types
//! * `library`: dlopen, symbols, the layout check; `host`: what plugins may call
//! * `mark`: what a program with this module says of itself in its file
//! * `request`, `reply`: the waist's types to the boundary's and back
//!
//! This folder is an island of unsafe code and of `abi_stable` types: neither leaves it.
//! `docs/safety.md` numbers the invariants that the `SAFETY` comments cite.

#![allow(
    unsafe_code,
    reason = "dlopen and the calls into plugins: the island of docs/safety.md"
)]

mod description;
mod error;
mod handler;
mod host;
mod library;
mod mark;
mod memory;
mod opened;
pub mod preflight;
mod reply;
mod request;
mod run;
mod setup;

pub use description::{Description, ResponseKind};
pub use error::LoadError;
pub use handler::{Handler, Instance, Started};
pub use memory::keep_freed_memory;
pub use opened::Plugin;
pub use request::{FunctionSettings, Place};
pub use run::{Begun, Finished, Run};
pub use setup::Setup;
