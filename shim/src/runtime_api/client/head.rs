//! Heads of requests and responses.

use super::endpoint::Endpoint;
use super::error::ClientError;
use crate::runtime_api::wire;

/// The most headers that a response may have.
const MAX_HEADERS: usize = 64;

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

/// A response up to its headers' end.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// Where each header's name and value stand in `text`.
    headers: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
    text: String,
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
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes);
        let not_http = |what: &str| ClientError::NotHttp(what.to_owned());
        let httparse::Status::Complete(end) =
            parsed.map_err(|error| not_http(&error.to_string()))?
        else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let mut head = Self {
            status,
            headers: Vec::with_capacity(response.headers.len()),
            text: String::with_capacity(end),
            length: Length::UntilClose,
            keep_alive: response.version == Some(1),
        };
        for header in response.headers.iter() {
            // Values beyond ASCII are UTF-8, or not worth a failure.
            let value = String::from_utf8_lossy(header.value);
            let name = head.add(header.name);
            let value = head.add(value.trim());
            head.headers.push((name, value));
        }
        head.length = if head.has_word("transfer-encoding", "chunked") {
            Length::Chunked
        } else if let Some(length) = head.get("content-length") {
            let length = length.parse();
            Length::Known(length.map_err(|_| not_http("its content-length is no number"))?)
        } else if status == 204 || status == 304 {
            Length::Known(0)
        } else {
            Length::UntilClose
        };
        head.keep_alive &= !head.has_word("connection", "close");
        head.keep_alive &= head.length != Length::UntilClose;
        Ok(Some((head, end)))
    }

    fn add(&mut self, text: &str) -> std::ops::Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// The value of the first header of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let is_it =
            |found: &std::ops::Range<usize>| self.text[found.clone()].eq_ignore_ascii_case(name);
        let (_, value) = self.headers.iter().find(|(found, _)| is_it(found))?;
        Some(&self.text[value.clone()])
    }

    fn has_word(&self, name: &str, word: &str) -> bool {
        let mut words = self
            .get(name)
            .into_iter()
            .flat_map(|value| value.split(','));
        words.any(|found| found.trim().eq_ignore_ascii_case(word))
    }
}
