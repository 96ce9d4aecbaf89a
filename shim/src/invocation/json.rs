//! Which bytes cannot stand in a string of JSON as they are.

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
