//! Heads of requests and responses.

use super::endpoint::Endpoint;
use super::error::ClientError;
use crate::runtime_api::wire;

/// A request up to its headers' end.
#[derive(Debug)]
pub(super) struct RequestHead {
    text: String,
    method: &'static str,
    /// Where the path stands in `text`, without the endpoint's prefix.
    path: std::ops::Range<usize>,
}

impl RequestHead {
    pub(super) fn get(endpoint: &Endpoint, base: &str, path: &str) -> Self {
        Self::new(endpoint, "GET", base, &[path])
    }

    pub(super) fn post(endpoint: &Endpoint, base: &str, path: &str) -> Self {
        Self::new(endpoint, "POST", base, &[path])
    }

    pub(super) fn for_invocation(endpoint: &Endpoint, id: &str, what: &str) -> Self {
        Self::new(endpoint, "POST", wire::BASE, &["/invocation/", id, what])
    }

    fn new(endpoint: &Endpoint, method: &'static str, base: &str, path: &[&str]) -> Self {
        let mut text = String::with_capacity(512);
        for part in [method, " ", &endpoint.prefix] {
            text.push_str(part);
        }
        let start = text.len();
        text.push_str(base);
        path.iter().for_each(|part| text.push_str(part));
        let path = start..text.len();
        for part in [" HTTP/1.1\r\nhost: ", &endpoint.authority, "\r\n"] {
            text.push_str(part);
        }
        let agent = concat!("user-agent: shim/", env!("CARGO_PKG_VERSION"), "\r\n");
        text.push_str(agent);
        Self { text, method, path }
    }

    /// Adds a header. The value comes from a header, or has been checked to be able to.
    pub(super) fn header(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.text.push_str(part);
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.text[self.path.clone()]
    }

    /// All of it, for a body of `length` bytes.
    pub(super) fn sized(&self, length: usize) -> String {
        let mut text = String::with_capacity(self.text.len() + 32);
        text.push_str(&self.text);
        if self.method != "GET" {
            text.push_str("content-length: ");
            text.push_str(&length.to_string());
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text
    }

    /// All of it, for a body of unknown length that may end with trailers.
    pub(super) fn chunked(mut self) -> String {
        self.header("transfer-encoding", "chunked");
        self.header("trailer", wire::ERROR_TYPE);
        self.header("trailer", wire::ERROR_BODY);
        self.text.push_str("\r\n");
        self.text
    }
}

/// The headers of a response that mean something to a client of this API.
const KNOWN: [&str; 9] = [
    wire::REQUEST_ID,
    wire::DEADLINE,
    wire::ARN,
    wire::TRACE_ID,
    wire::INVOCATION_ID,
    wire::CLIENT_CONTEXT,
    wire::COGNITO_IDENTITY,
    wire::TENANT_ID,
    wire::EXTENSION_ID,
];

/// A response up to its headers' end.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// The values of [`KNOWN`].
    values: [Option<String>; KNOWN.len()],
    pub(super) length: Length,
    /// The connection serves another request afterwards.
    pub(super) keep_alive: bool,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// After so many bytes.
    Known(usize),
    /// In chunks.
    Chunked,
    /// With the connection.
    UntilClose,
}

impl ResponseHead {
    /// Reads a head at the beginning of `bytes`, and how long it is; `None`: more has to come.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ClientError> {
        let start = &bytes[..bytes.len().min(START.len())];
        if !START.starts_with(start) {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(32)]);
            return Err(not_http(format!("its response begins with {start:?}")));
        }
        let mut lines = Lines { bytes, at: 0 };
        let Some(line) = lines.next() else {
            return Ok(None);
        };
        let mut head = Self::of_status(line)?;
        loop {
            let Some(line) = lines.next() else {
                return Ok(None);
            };
            if line.is_empty() {
                break;
            }
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                let line = String::from_utf8_lossy(line);
                return Err(not_http(format!("{line:?} is no header")));
            };
            head.read(&line[..colon], line[colon + 1..].trim_ascii())?;
        }
        head.keep_alive &= head.length != Length::UntilClose;
        Ok(Some((head, lines.at)))
    }

    /// The head that begins with this line.
    fn of_status(line: &[u8]) -> Result<Self, ClientError> {
        let rest = &line[START.len().min(line.len())..];
        let status = match rest {
            [b'0' | b'1', b' ', digits @ ..] => digits.get(..3).and_then(number),
            _ => None,
        };
        let status = status.ok_or_else(|| {
            let line = String::from_utf8_lossy(line);
            not_http(format!("{line:?} is no status line"))
        })?;
        let status = u16::try_from(status).unwrap_or_default();
        Ok(Self {
            status,
            values: Default::default(),
            length: match status {
                204 | 304 => Length::Known(0),
                _ => Length::UntilClose,
            },
            keep_alive: rest[0] == b'1',
        })
    }

    fn read(&mut self, name: &[u8], value: &[u8]) -> Result<(), ClientError> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if let Some(at) = KNOWN.iter().position(|known| is(known)) {
            // Beyond ASCII it is UTF-8, or not worth a failure.
            self.values[at].get_or_insert_with(|| String::from_utf8_lossy(value).into_owned());
        } else if is("content-length") {
            // Chunks count for more.
            if self.length != Length::Chunked {
                let length = number(value);
                let length = length.ok_or_else(|| {
                    not_http("its content-length is no number of bytes".to_owned())
                })?;
                self.length = Length::Known(length);
            }
        } else if is("transfer-encoding") {
            if has_word(value, "chunked") {
                self.length = Length::Chunked;
            }
        } else if is("connection") {
            self.keep_alive &= !has_word(value, "close");
        }
        Ok(())
    }

    /// The value of the first header of this name, which is one of [`KNOWN`], unless it is empty:
    /// some hosts send what is not there so.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = KNOWN.iter().position(|known| *known == name)?;
        self.values[at].take().filter(|value| !value.is_empty())
    }
}

/// How every response begins.
const START: &[u8] = b"HTTP/1.";

/// The lines of a head.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its end, if all of it is there.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        let line = &rest[..end];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Digits, and nothing else.
fn number(digits: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok()?;
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits_only)
}

fn has_word(value: &[u8], word: &str) -> bool {
    let mut words = value.split(|byte| *byte == b',');
    words.any(|found| found.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

fn not_http(what: String) -> ClientError {
    ClientError::NotHttp(what)
}
