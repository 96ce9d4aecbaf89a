//! What is JSON, and which bytes cannot stand in a string of it as they are.

use serde_json::value::RawValue;

/// Reads through `text` without keeping anything.
///
/// # Errors
/// It is no JSON, or strings in it are not UTF-8 ([RFC 8259], section 8.1), which serde overlooks where
/// it ignores a value.
///
/// [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259#section-8.1
pub fn check(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<&RawValue>(text).map(drop)
}

/// Whether a byte is a control, a quotation mark or a backslash.
#[inline(always)]
pub fn is_special(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Marks those of eight bytes that are special, by the highest bit of each; 0: none is. The lowest mark is
/// right, those above it may be wrong: a borrow comes from there.
#[inline(always)]
pub fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let below = word.wrapping_sub(ONES * u64::from(b' ')) & !word;
    let is = |byte: u8| {
        let zero = word ^ (ONES * u64::from(byte));
        zero.wrapping_sub(ONES) & !zero
    };
    (below | is(b'"') | is(b'\\')) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn strings_are_utf8() {
        assert!(check(" {\"ä\": [1, \"ƛ\"]}\n".as_bytes()).is_ok());
        assert!(check(&[b"[".repeat(100_000), b"]".repeat(100_000)].concat()).is_ok());
        for wrong in [
            b"\"\xe4\"".as_slice(),
            b"{\"a\":[\"\xc3\"]}",
            b"{\"\x80\":1}",
            b"\xff",
            b"",
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}
