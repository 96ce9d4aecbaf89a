//! The promise of the ABI (`docs/abi.md`), tested.
//!
//! * `golden`: every type that crosses, compared with a recorded text
//! * `promise`: plugins of other builds and other ABI versions load and work, or are refused
//! * `neighbours`: several plugins, and several builds of one, in one process
//! * `bad`: every way for a plugin's file to be bad has its own message
//! * `islands`, `layers`: where unsafe code may stand, and what may use what

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod bad;
mod builds;
mod exercise;
mod golden;
mod islands;
mod layers;
mod neighbours;
mod promise;
mod repository;
mod source;
mod tools;
