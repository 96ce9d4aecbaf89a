//! Signed and presigned requests.

#![no_main]

#[path = "head.rs"]
mod head;

use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use shim::auth::{Credentials, Verifier};

fuzz_target!(|data: &[u8]| {
    let keys = Credentials::from_variables(Some("AKIDEXAMPLE"), Some("secret"), None);
    let keys = keys.expect("a key").expect("a key");
    let verifier = Verifier::new(keys);
    let now = UNIX_EPOCH + Duration::from_secs(1_795_176_000);
    if let Ok(pending) = verifier.check_head(&head::head(data), now) {
        assert!(pending.check_body(data).is_err(), "nobody knows the secret");
    }
});
