//! The canonical request: one text for all the ways in which a request can be written.
//!
//! Everything is bytes, as headers and queries may hold any.

use http::HeaderMap;
use http::request::Parts;

/// The query parameter that is not signed: the signature.
const SIGNATURE: &[u8] = b"X-Amz-Signature";

/// The canonical request up to its last line, which is the hash of the body. `signed_headers` are
/// lower-case, sorted and each there once.
pub(super) fn canonical_head(parts: &Parts, signed_headers: &[String]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(parts.method.as_str().as_bytes());
    out.push(b'\n');
    write_path(parts.uri.path(), &mut out);
    out.push(b'\n');
    write_query(parts.uri.query().unwrap_or_default(), &mut out);
    out.push(b'\n');
    for name in signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        write_header(parts, name, &mut out);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.join(";").as_bytes());
    out.push(b'\n');
    out
}

/// The parameters of a query, decoded, in the order in which they came.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// The path without `.`, `..` and empty segments, each byte encoded as it came.
fn write_path(path: &str, out: &mut Vec<u8>) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        out.push(b'/');
        encode(segment.as_bytes(), out);
    }
    // RFC 3986, 5.2.4: what ends with a dot segment is a folder, too.
    if matches!(path.rsplit('/').next(), Some("" | "." | "..")) || segments.is_empty() {
        out.push(b'/');
    }
}

/// Name and value of each parameter, encoded anew, sorted by both.
fn write_query(query: &str, out: &mut Vec<u8>) {
    let encoded = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(bytes.len());
        encode(bytes, &mut out);
        out
    };
    let mut all: Vec<_> = parameters(query)
        .filter(|(name, _)| name != SIGNATURE)
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    all.sort_unstable();
    for (index, (name, value)) in all.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

/// The values of a header: trimmed, runs of white space made one space, joined by commas.
fn write_header(parts: &Parts, name: &str, out: &mut Vec<u8>) {
    let mut values = parts.headers.get_all(name).iter().peekable();
    if values.peek().is_none() && name == "host" {
        // HTTP/2 names it `:authority`.
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        out.extend_from_slice(authority.unwrap_or_default().as_bytes());
    }
    while let Some(value) = values.next() {
        let words = value.as_bytes().split(u8::is_ascii_whitespace);
        for (index, word) in words.filter(|word| !word.is_empty()).enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
        if values.peek().is_some() {
            out.push(b',');
        }
    }
}

/// A header's value as text; `None` when it is absent or not ASCII.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Percent-encodes all but unreserved characters.
fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            let digits = [byte >> 4, byte & 15].map(|nibble| DIGITS[usize::from(nibble)]);
            out.extend_from_slice(&[b'%', digits[0], digits[1]]);
        }
    }
}

/// Percent-decodes; `+` is a space. A `%` without two digits stays what it is.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = (byte == b'%').then(|| (digit(bytes.get(at + 1)), digit(bytes.get(at + 2))));
        match (byte, pair) {
            (_, Some((Some(high), Some(low)))) => {
                out.push((high << 4 | low) as u8);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_encoded_once_more() {
        let path = |path| written(|out| write_path(path, out));
        assert_eq!(path("/functions/my-fn%3Av1/x"), "/functions/my-fn%253Av1/x");
        assert_eq!(path("/functions/my-fn:v1/x"), "/functions/my-fn%3Av1/x");
        assert_eq!(path("/_search/%3Fa=b%20c"), "/_search/%253Fa%3Db%2520c");
        assert_eq!(path(""), "/");
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a-._~/"), "/a-._~/");
    }

    #[test]
    fn paths_have_no_dots_and_no_empty_segments() {
        let path = |path| written(|out| write_path(path, out));
        assert_eq!(path("//a//./b/../c"), "/a/c");
        assert_eq!(path("/../a/"), "/a/");
        assert_eq!(path("/a/.."), "/");
        assert_eq!(path("/a/../"), "/");
        assert_eq!(path("/a/b/.."), "/a/");
        assert_eq!(path("/a/."), "/a/");
    }

    #[test]
    fn queries_are_decoded_encoded_and_sorted() {
        let query = |query| written(|out| write_query(query, out));
        assert_eq!(query("Qualifier=$LATEST"), "Qualifier=%24LATEST");
        assert_eq!(query("Qualifier=%24LATEST"), "Qualifier=%24LATEST");
        assert_eq!(query("b=2&a=2&a=1&A=3&&c"), "A=3&a=1&a=2&b=2&c=");
        assert_eq!(query("a1=x&a[=x"), "a%5B=x&a1=x");
        assert_eq!(query("a=b=c&d=x+y%20z"), "a=b%3Dc&d=x%20y%20z");
        assert_eq!(query("a=%zz%4&b=%ff"), "a=%25zz%254&b=%FF");
        assert_eq!(query("X-Amz-Signature=1&x=2"), "x=2");
        assert_eq!(query(""), "");
    }

    #[test]
    fn headers_are_trimmed_collapsed_and_joined() {
        let request = http::Request::builder()
            .uri("http://authority:81/")
            .header("x-a", "  one \t  two ")
            .header("x-b", "1")
            .header("x-b", " 2")
            .header("x-empty", "");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let header = |name| written(|out| write_header(&parts, name, out));
        assert_eq!(header("x-a"), "one two");
        assert_eq!(header("x-b"), "1,2");
        assert_eq!(header("x-empty"), "");
        assert_eq!(header("x-absent"), "");
        assert_eq!(header("host"), "authority:81");
    }
}
