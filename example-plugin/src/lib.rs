//! A small shop that quotes prices: a web handler and an event handler over the same catalogue.
//!
//! ```text
//! shim --plugin target/release/libexample_plugin.so                 # the web handler, `handler`
//! shim --plugin target/release/libexample_plugin.so --handler quote # the event handler
//! ```

#![forbid(unsafe_code)]

mod catalogue;
mod error;
mod quote;
mod web;

plugin_api::info! { "team": "checkout", "tier": 2 }
