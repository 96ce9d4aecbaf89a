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

/// A fingerprint of the types that cross, in hexadecimal: equal if both sides were built from the
/// same text of their definitions, in which what they are made of has the same size. Where it is, the
/// layouts need no comparing.
pub const LAYOUT: &str = match std::str::from_utf8(&HEXADECIMAL) {
    Ok(text) => text,
    Err(_) => "",
};

static HEXADECIMAL: [u8; 16] = hexadecimal(fingerprint());

const fn fingerprint() -> u64 {
    let texts = [
        include_bytes!("types.rs").as_slice(),
        include_bytes!("stream.rs").as_slice(),
        include_bytes!("bytes.rs").as_slice(),
    ];
    let sizes = [
        size_of::<abi_stable::library::LibHeader>(),
        size_of::<abi_stable::std_types::RVec<u8>>(),
        size_of::<abi_stable::std_types::RStr<'static>>(),
        size_of::<abi_stable::std_types::RSlice<'static, u8>>(),
        size_of::<abi_stable::std_types::ROption<u64>>(),
        size_of::<abi_stable::std_types::RResult<u64, u64>>(),
        size_of::<async_ffi::FfiFuture<crate::types::AbiReply>>(),
        size_of::<crate::types::AbiRequest>(),
        size_of::<crate::types::AbiReply>(),
        size_of::<crate::types::AbiRun>(),
    ];
    let mut hash = FNV_OFFSET;
    let mut text = 0;
    while text < texts.len() {
        let mut byte = 0;
        while byte < texts[text].len() {
            hash = fnv(hash, texts[text][byte] as u64);
            byte += 1;
        }
        text += 1;
    }
    let mut size = 0;
    while size < sizes.len() {
        hash = fnv(hash, sizes[size] as u64);
        size += 1;
    }
    hash
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// One step of FNV-1a.
const fn fnv(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(0x0000_0100_0000_01b3)
}

const fn hexadecimal(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    let mut at = 0;
    while at < 16 {
        let digit = (number >> (60 - 4 * at)) & 0xf;
        digits[at] = b"0123456789abcdef"[digit as usize];
        at += 1;
    }
    digits
}

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
    use super::{LAYOUT, hexadecimal, join, joined_len};

    #[test]
    fn a_fingerprint_is_sixteen_digits() {
        assert_eq!(&hexadecimal(0x0123_4567_89ab_cdef), b"0123456789abcdef");
        assert_eq!(LAYOUT.len(), 16);
    }

    #[test]
    fn parts_are_joined_at_compile_time() {
        const PARTS: &[&str] = &["{\"record\":", "\"handler\"", "}\n"];
        static JOINED: [u8; joined_len(PARTS)] = join(PARTS);
        assert_eq!(&JOINED, b"{\"record\":\"handler\"}\n");
    }
}
