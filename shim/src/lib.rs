//! The host library behind the `shim` binary.
//!
//! The way of one invocation: socket → connection → frontend parses → function registry → limit →
//! engine → [`invocation::Outcome`] → frontend renders. Each layer may use only what stands before
//! it in this list; `tests/abi/layers.rs` holds the order:
//!
//! `invocation` → `observe` → `auth` → `plugin` → `gateway` → `runtime_api` → `engine` → `events` →
//! `frontend` → `server` → `package` → `build` → `config` → `doctor` → `exit` → `bootstrap` → `cli`.

pub mod auth;
pub mod bootstrap;
#[cfg(feature = "build")]
pub mod build;
pub mod cli;
pub mod config;
#[cfg(feature = "doctor")]
pub mod doctor;
pub mod engine;
pub mod events;
pub mod exit;
pub mod frontend;
pub mod gateway;
pub mod invocation;
pub mod observe;
#[cfg(feature = "package")]
pub mod package;
pub mod plugin;
pub mod runtime_api;
pub mod server;
