//! Strings in lines: whatever they hold, a line stays one line and a terminal is not driven.

use std::io::Write;

use crate::invocation::json::{is_special, special};

/// Appends `text` as a JSON string's content, without the quotes.
pub(super) fn json(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let plain = if bytes.len() < 16 {
        short_is_plain(bytes)
    } else {
        none(bytes, |block| any(block, is_special))
    };
    if plain {
        out.extend_from_slice(bytes);
    } else {
        json_escaped(out, bytes);
    }
}

#[cold]
fn json_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..b' ' => hex(out, "\\u00", byte.into(), ""),
            _ => out.push(byte),
        }
    }
}

/// Appends `text` as it is, but for characters that would break or forge a line.
pub(super) fn bare(out: &mut Vec<u8>, text: &str) {
    let bad = |byte| !matches!(byte, b' '..=b'~');
    if none(text.as_bytes(), |block| any(block, bad)) {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.chars().for_each(|char| put(out, char));
    }
}

/// Appends `text` so that its end can be told: bare when it is one plain word, in quotes otherwise.
pub(super) fn word(out: &mut Vec<u8>, text: &str) {
    // Apart, for of all three marks at once the compiler would make a look-up for each byte.
    let bad = |byte| !matches!(byte, b'!'..=b'~') | (byte == b'"');
    let mark = |byte| (byte == b'=') | (byte == b'\\');
    let plain = none(text.as_bytes(), |block| any(block, bad) | any(block, mark));
    if plain && !text.is_empty() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for char in text.chars() {
        if matches!(char, '"' | '\\') {
            out.push(b'\\');
        }
        put(out, char);
    }
    out.push(b'"');
}

fn put(out: &mut Vec<u8>, char: char) {
    match char {
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        ' '..='~' => out.push(char as u8),
        // Controls (C1 ones drive terminals too), line and paragraph separators, and what turns
        // the direction of the text around.
        _ if char.is_control() => hex(out, "\\u{", char.into(), "}"),
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            hex(out, "\\u{", char.into(), "}");
        }
        _ => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[cold]
fn hex(out: &mut Vec<u8>, before: &str, code: u32, after: &str) {
    // Writing to a `Vec` cannot fail.
    let _ = write!(out, "{before}{code:02x}{after}");
}

/// Whether nothing in `bytes` is `bad`, asked of blocks whose length the compiler knows, so that it
/// can take many bytes at a time. The last block may overlap the one before.
#[inline(always)]
fn none(bytes: &[u8], bad: impl Fn(&[u8]) -> bool) -> bool {
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        !bad(last) && !blocks.iter().any(|block| bad(block))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        !bad(first) && !bad(last)
    } else {
        !bytes.chunks_exact(1).any(bad)
    }
}

/// Whether nothing in a text of less than sixteen bytes has to be escaped. What is looked at may
/// overlap.
#[inline(always)]
fn short_is_plain(bytes: &[u8]) -> bool {
    let eight = |chunk: &[u8; 8]| special(u64::from_ne_bytes(*chunk)) == 0;
    let four = |chunk: &[u8; 4]| u64::from(u32::from_ne_bytes(*chunk));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return eight(first) && eight(last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return special(four(first) | four(last) << 32) == 0;
    }
    !bytes.iter().any(|&byte| is_special(byte))
}

/// Whether any byte is `bad`: all are looked at.
#[inline(always)]
fn any(block: &[u8], bad: impl Fn(u8) -> bool) -> bool {
    block.iter().fold(0, |any, &byte| any | u8::from(bad(byte))) != 0
}

#[cfg(test)]
mod tests {
    fn by(escape: impl Fn(&mut Vec<u8>, &str), text: &str) -> String {
        let mut out = Vec::new();
        escape(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_strings_come_back_as_they_were() {
        let mut all: String = (0..0x300).filter_map(char::from_u32).collect();
        all.push_str("\u{2028}\u{feff}\u{ffff}🦀");
        let json = format!("\"{}\"", by(super::json, &all));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
        assert!(json.bytes().all(|byte| byte >= b' '));
        assert_eq!(by(super::json, "a\"\\\n\u{1}é"), "a\\\"\\\\\\n\\u0001é");
    }

    #[test]
    fn no_byte_is_overlooked_wherever_it_stands() {
        for length in 1..20 {
            for (at, byte) in (0..length).flat_map(|at| (0..0x80).map(move |byte| (at, byte))) {
                let mut bytes = vec![b'x'; length];
                bytes[at] = byte;
                let text = String::from_utf8(bytes).unwrap();
                let char = char::from(byte);
                let untouched = |escape: fn(&mut Vec<u8>, &str)| by(escape, &text) == text;
                let control = char.is_control();
                assert_eq!(
                    untouched(super::json),
                    byte >= b' ' && !"\"\\".contains(char)
                );
                assert_eq!(untouched(super::bare), !control);
                assert_eq!(untouched(super::word), !control && !" =\"\\".contains(char));
            }
        }
    }

    #[test]
    fn bare_text_cannot_break_or_forge_a_line() {
        assert_eq!(
            by(super::bare, "naïve \"text\" = \\d"),
            "naïve \"text\" = \\d"
        );
        assert_eq!(by(super::bare, "a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(
            by(super::bare, "\x1b[31m\u{9b}31m\u{7f}"),
            "\\u{1b}[31m\\u{9b}31m\\u{7f}"
        );
        assert_eq!(
            by(super::bare, "a\u{2028}b\u{202e}c"),
            "a\\u{2028}b\\u{202e}c"
        );
    }

    #[test]
    fn words_are_quoted_when_their_end_could_not_be_told() {
        assert_eq!(by(super::word, "/path?x"), "/path?x");
        assert_eq!(by(super::word, ""), "\"\"");
        assert_eq!(by(super::word, "a b"), "\"a b\"");
        assert_eq!(by(super::word, "x level=ERROR"), "\"x level=ERROR\"");
        assert_eq!(by(super::word, "a\"\\\n"), "\"a\\\"\\\\\\n\"");
        assert_eq!(by(super::word, "größe"), "\"größe\"");
    }
}
