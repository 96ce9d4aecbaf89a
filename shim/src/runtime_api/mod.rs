//! Lambda's protocol between a runtime and its host, version 2018-06-01.
//!
//! * [`wire`]: the words of it
//! * [`client`]: the runtime's end, which asks for invocations and answers them

pub mod client;
pub mod wire;
