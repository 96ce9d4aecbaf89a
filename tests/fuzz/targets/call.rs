//! Paths and headers of the Invoke API.

#![no_main]

#[path = "head.rs"]
mod head;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| shim::frontend::fuzzing::call(&head::head(data)));
