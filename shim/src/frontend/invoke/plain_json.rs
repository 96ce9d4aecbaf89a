//! A quick look at an event, for handlers that take bytes: whether it is plainly JSON.
//!
//! serde_json reads eight bytes of a string at a time; large events are mostly long strings, of which
//! this reads whole blocks.

use crate::invocation::json::{is_special, special};

/// The highest bit of each of eight bytes: a character of more than one byte.
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// How deep arrays and objects may lie within each other.
const DEPTH: usize = 64;

/// So many words of a string are looked at one by one before whole blocks are.
const SHORT: usize = 4;

/// Whether `text` is JSON without a doubt. If not it may be so all the same: serde_json knows, and says
/// what is wrong with it.
pub(super) fn is_plain(text: &[u8]) -> bool {
    value(space(text), DEPTH).is_some_and(|rest| space(rest).is_empty())
}

/// What follows a value at the start of `text`.
fn value(text: &[u8], depth: usize) -> Option<&[u8]> {
    let (first, rest) = text.split_first()?;
    match first {
        b'"' => string(rest),
        b'{' => list(rest, b'}', depth, |member, depth| {
            let rest = space(string(member.strip_prefix(b"\"")?)?);
            value(space(rest.strip_prefix(b":")?), depth)
        }),
        b'[' => list(rest, b']', depth, value),
        b't' => rest.strip_prefix(b"rue"),
        b'f' => rest.strip_prefix(b"alse"),
        b'n' => rest.strip_prefix(b"ull"),
        b'-' => number(rest),
        b'0'..=b'9' => number(text),
        _ => None,
    }
}

/// What follows a list that has begun.
fn list(
    text: &[u8],
    end: u8,
    depth: usize,
    item: impl Fn(&[u8], usize) -> Option<&[u8]>,
) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    let mut rest = space(text);
    if let Some(rest) = rest.strip_prefix(&[end]) {
        return Some(rest);
    }
    loop {
        let (next, after) = space(item(rest, depth)?).split_first()?;
        match *next {
            b',' => rest = space(after),
            next if next == end => return Some(after),
            _ => return None,
        }
    }
}

/// What follows a string that has begun.
fn string(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = ordinary(text);
        text = match text {
            [b'"', after @ ..] => return Some(after),
            [
                b'\\',
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                after @ ..,
            ] => after,
            [b'\\', b'u', after @ ..] => {
                let (digits, after) = after.split_first_chunk::<4>()?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(after)?
            }
            [0x80..=0xff, ..] => characters(text)?,
            _ => return None,
        };
    }
}

/// What follows characters of more than one byte, which are UTF-8.
fn characters(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(u8::is_ascii).unwrap_or(text.len());
    let (characters, rest) = text.split_at(end);
    str::from_utf8(characters).is_ok().then_some(rest)
}

/// What follows the ASCII of a string that stands for itself.
fn ordinary(text: &[u8]) -> &[u8] {
    let mut rest = text;
    // Most strings are short.
    for _ in 0..SHORT {
        let Some((word, after)) = rest.split_first_chunk() else {
            return ordinary_few(rest);
        };
        let word = u64::from_le_bytes(*word);
        match special(word) | (word & HIGH) {
            0 => rest = after,
            found => return &rest[found.trailing_zeros() as usize / 8..],
        }
    }
    // Of a block all bytes are looked at, many at a time.
    while let Some((block, after)) = rest.split_first_chunk::<64>() {
        if block
            .iter()
            .fold(false, |any, &byte| any | is_no_ordinary(byte))
        {
            break;
        }
        rest = after;
    }
    ordinary_few(rest)
}

fn is_no_ordinary(byte: u8) -> bool {
    is_special(byte) | !byte.is_ascii()
}

fn ordinary_few(text: &[u8]) -> &[u8] {
    let at = text.iter().position(|&byte| is_no_ordinary(byte));
    &text[at.unwrap_or(text.len())..]
}

/// What follows a number at the start of `text`, its sign left out.
fn number(text: &[u8]) -> Option<&[u8]> {
    let mut rest = match text {
        [b'0', rest @ ..] => rest,
        _ => digits(text)?,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let (b"+" | b"-", unsigned) = exponent.split_at_checked(1)? else {
            return digits(exponent);
        };
        return digits(unsigned);
    }
    Some(rest)
}

/// What follows one digit or more.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let other = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at(other.unwrap_or(text.len()));
    (!digits.is_empty()).then_some(rest)
}

/// What follows white space.
fn space(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    match text {
        [first, ..] if is_space(first) => {
            let other = text.iter().position(|byte| !is_space(byte));
            &text[other.unwrap_or(text.len())..]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;
    use crate::invocation::{RequestId, json};

    fn serde(text: &[u8]) -> bool {
        json::check(text).is_ok()
    }

    const DOCUMENTS: [&str; 14] = [
        "null",
        " [ true , false ,null, [] , {} , [ [ ] ] ]\r\n\t",
        r#"{"a":1,"b":[-0,0.5,-12.25e+3,1E9,2e-7],"c":{"":"","d\"\\\/\b\f\n\r\té":"x"}}"#,
        r#""short""#,
        r#""a string of more than sixteen bytes, and then of more than sixty-four, with \"quotes\" in it""#,
        r#"{"key":"a string of more than sixteen bytes, and then of more than sixty-four, all of them plain"}"#,
        "\"größer ƛ 🦀 and so on, and so on, and so on, and so on, and so on, and so on, and so on\"",
        "0",
        "-1",
        "12345678901234567890",
        "1.5",
        "1e5",
        "\"\\ud83e\\udd80\"",
        "[1,2,3]",
    ];

    #[test]
    fn ordinary_documents_are_plain() {
        for document in DOCUMENTS {
            assert!(serde(document.as_bytes()), "{document}");
            assert!(is_plain(document.as_bytes()), "{document}");
        }
        let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(is_plain(deep(64).as_bytes()));
        assert!(!is_plain(deep(65).as_bytes()), "left to serde_json");
        assert!(!is_plain("[".repeat(1_000_000).as_bytes()));
    }

    #[test]
    fn what_is_no_json_is_never_plain() {
        let wrong = [
            "",
            " ",
            "{",
            "[1,]",
            "[,1]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:2}",
            "01",
            "-",
            "+1",
            ".5",
            "1.",
            "1e",
            "1e+",
            "0x1",
            "--1",
            "1 2",
            "{} {}",
            "tru",
            "nul",
            "True",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"\n\"",
            "[1}",
            "{\"a\":1]",
            "'a'",
            "\u{feff}1",
            "NaN",
            "[1 2]",
            "{\"a\" 1}",
        ];
        for text in wrong {
            assert!(!serde(text.as_bytes()), "{text:?}");
            assert!(!is_plain(text.as_bytes()), "{text:?}");
        }
    }

    /// Documents with bytes exchanged, left out and put in at random.
    #[test]
    fn whatever_is_plain_is_json() {
        // Hexadecimal digits of random ids: the crate's own randomness.
        let random = |below: usize| {
            let id = RequestId::random();
            let digits = id.as_str().bytes().filter(u8::is_ascii_hexdigit).take(8);
            let number = digits.fold(0_usize, |number, digit| {
                number * 16 + (char::from(digit).to_digit(16).unwrap_or(0) as usize)
            });
            number % below
        };
        let bytes = b"\"\\{}[]:,0123456789-+.eEtrufalsn/b \t\n\r\x00\x1f\x7f\x80\xc3\xa4\xf0\xffx";
        let mut plain = 0;
        for round in 0..60_000 {
            let mut text = DOCUMENTS[round % DOCUMENTS.len()].as_bytes().to_vec();
            for _ in 0..=random(3) {
                let (at, byte) = (random(text.len().max(1)), bytes[random(bytes.len())]);
                match random(3) {
                    0 if at < text.len() => text[at] = byte,
                    1 if at < text.len() => drop(text.remove(at)),
                    _ => text.insert(at.min(text.len()), byte),
                }
            }
            if is_plain(&text) {
                plain += 1;
                assert!(serde(&text), "{:?}", String::from_utf8_lossy(&text));
            }
        }
        assert!(plain > 1000, "only {plain} of them were plain");
    }
}
