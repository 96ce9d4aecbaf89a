//! Requests to events of payload format 2.0, and responses to them.

#![no_main]

#[path = "head.rs"]
mod head;

use std::time::UNIX_EPOCH;

use libfuzzer_sys::fuzz_target;
use shim::frontend::url::{Arrival, Endpoint, PathParameters, event, response};

fuzz_target!(|data: &[u8]| {
    let arrival = Arrival {
        source_ip: None,
        request_id: "id",
        trace_id: "Root=1-0-0",
        route_key: "$default",
        path_parameters: &PathParameters::new(),
        time: UNIX_EPOCH,
    };
    let made = event(&Endpoint::default(), &head::head(data), data, &arrival);
    assert!(!made.is_empty());
    for is_json in [true, false] {
        let _ = response(bytes::Bytes::copy_from_slice(data), is_json);
    }
});
