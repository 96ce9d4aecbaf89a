//! What a plugin says of itself in its `.shim.info` section, readable without running it.
//!
//! The section is a list of JSON objects, each followed by a line feed; the linker joins them from
//! all over the crate, in any order. `{"record":"handler",…}` stands for each handler,
//! `{"record":"info",…}` for further keys of the author's info.

/// How a panic ends in this build: `"unwind"` (it is caught) or `"abort"` (the process ends).
pub const PANIC: &str = if cfg!(panic = "abort") {
    "abort"
} else {
    "unwind"
};

/// The length of the parts put together.
pub const fn joined_len(parts: &[&str]) -> usize {
    let mut len = 0;
    let mut part = 0;
    while part < parts.len() {
        len += parts[part].len();
        part += 1;
    }
    len
}

/// Puts `parts` together at compile time; `N` is their [`joined_len`].
pub const fn join<const N: usize>(parts: &[&str]) -> [u8; N] {
    let mut joined = [0; N];
    let mut at = 0;
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut byte = 0;
        while byte < bytes.len() {
            joined[at] = bytes[byte];
            at += 1;
            byte += 1;
        }
        part += 1;
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{join, joined_len};

    #[test]
    fn parts_are_joined_at_compile_time() {
        const PARTS: &[&str] = &["{\"record\":", "\"handler\"", "}\n"];
        static JOINED: [u8; joined_len(PARTS)] = join(PARTS);
        assert_eq!(&JOINED, b"{\"record\":\"handler\"}\n");
    }
}
