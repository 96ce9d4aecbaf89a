//! The boundary between the shim and its plugins.
//!
//! Everything that crosses is defined here and nowhere else, with a version of its own
//! ([`ABI_VERSION`]): a plugin and a shim whose ABI versions are compatible work together whatever
//! compiler, profile or allocator each was built with. `docs/abi.md` states the promise and how the
//! boundary may change; `docs/safety.md` numbers the invariants that the unsafe code here relies on.
//!
//! Plugin authors depend on `plugin-api`, never on this crate.
//!
//! # Layout
//!
//! * [`types`]: the structs that cross, all `repr(C)` and checked by abi_stable when a plugin loads
//! * [`bytes`](mod@crate::bytes), [`stream`]: payloads, whole and streamed, neither copied
//! * [`fields`]: the tagged values inside requests and replies; new data becomes a new tag
//! * [`record`]: what a plugin says of itself in its `.shim.info` section
//! * `glue` (feature `plugin`): the plugin's side: export, panic barrier, runtime, log bridge

#![allow(unsafe_code, reason = "this crate is the ABI island of docs/safety.md")]

pub mod bytes;
pub mod fault;
pub mod fields;
#[cfg(feature = "plugin")]
pub mod glue;
pub mod record;
pub mod stream;
pub mod types;

/// The version of the boundary that this crate defines.
///
/// Compatible means: the same major number (and, while that is 0, the same minor number).
pub const ABI_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The ELF section that holds a plugin's records (see [`record`]).
pub const SECTION: &str = ".shim.info";

/// What precedes a handler's name in the symbol that exports it.
pub const SYMBOL_PREFIX: &str = "shim_handler__";

/// Re-exported for the host's island, so that both sides name one version of each.
pub use {abi_stable, async_ffi};
