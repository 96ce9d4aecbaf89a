//! Lambda's protocol between a runtime and its host, version 2018-06-01.
//!
//! * [`wire`]: the words of it
//! * [`client`]: the runtime's end, which asks for invocations and answers them
//! * [`server`]: the host's end, which hands them out and takes the answers

pub mod client;
pub mod server;
pub mod wire;
