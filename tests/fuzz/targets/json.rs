//! Events whose JSON is checked by blocks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|data: &[u8]| {
    // What is taken for JSON is JSON. The reverse need not hold.
    if shim::frontend::fuzzing::is_plain_json(data) {
        serde_json::from_slice::<&RawValue>(data).expect("it was taken for JSON");
    }
});
