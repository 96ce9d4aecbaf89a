//! What a program that loads plugins says of itself in its file, so that it can be told from other
//! programs, and its version be read, without running it.
//!
//! Plugins do the same with their section of records.

use plugin_api_abi::ABI_VERSION;

/// The section's name.
pub(super) const SECTION: &str = ".shim.host";

const SHIM: &str = env!("CARGO_PKG_VERSION");
const LEN: usize = parts_len();

/// One JSON object.
#[used]
#[unsafe(link_section = ".shim.host")]
static MARK: [u8; LEN] = text();

const PARTS: [&str; 5] = ["{\"shim\":\"", SHIM, "\",\"abi\":\"", ABI_VERSION, "\"}"];

const fn parts_len() -> usize {
    let (mut len, mut part) = (0, 0);
    while part < PARTS.len() {
        len += PARTS[part].len();
        part += 1;
    }
    len
}

const fn text() -> [u8; LEN] {
    // A `const fn` has no iterators yet, hence the indices.
    let mut text = [0; LEN];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let bytes = PARTS[part].as_bytes();
        let mut byte = 0;
        while byte < bytes.len() {
            text[at] = bytes[byte];
            (at, byte) = (at + 1, byte + 1);
        }
        part += 1;
    }
    text
}

/// Keeps the mark in every program that loads plugins: linkers leave out what nothing refers to.
pub(super) fn keep() {
    std::hint::black_box(&MARK);
}
