//! A request that the server was sent, and what may be expected of it.

use std::fmt;

use serde_json::Value;

use super::Endpoint;
use crate::invoke::decode_text;

/// A request that the server was sent.
#[derive(Clone)]
pub struct Received {
    pub(super) endpoint: Endpoint,
    pub(super) request_id: Option<String>,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How long each chunk of the body was.
    pub(super) chunks: Vec<usize>,
    pub(super) trailers: Vec<(String, String)>,
    pub(super) connection: usize,
    pub(super) state: Progress,
}

/// How much of a request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Coming,
    Whole,
    Broken(String),
}

fn first<'a>(among: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut named = among.iter().filter(|(found, _)| found == name);
    named.next().map(|(_, value)| value.as_str())
}

impl Received {
    /// What it is for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The request id in its path.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Its path, with the prefix that the server was given by.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of a header (name in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The value of a trailer (name in lower case).
    pub fn trailer(&self, name: &str) -> Option<&str> {
        first(&self.trailers, name)
    }

    /// Its body, as far as it has come.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Its body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Its body, which is JSON.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("not JSON: {error}\n{self:#?}"))
    }

    /// How many bytes each chunk of the body had; none if it was not chunked.
    pub fn chunks(&self) -> &[usize] {
        &self.chunks
    }

    /// Whether it is chunked.
    pub fn is_chunked(&self) -> bool {
        self.header("transfer-encoding") == Some("chunked")
    }

    /// The number of the connection that it came on, from 1 on.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// Whether all of it has come.
    pub fn is_whole(&self) -> bool {
        self.state == Progress::Whole
    }

    /// Whether its connection ended before it did.
    pub fn is_broken(&self) -> bool {
        matches!(self.state, Progress::Broken(_))
    }

    /// Expects that it is a response with this body.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn expect_response(&self, body: impl AsRef<[u8]>) -> &Self {
        let body = body.as_ref();
        assert_eq!(self.endpoint, Endpoint::Response, "{self:#?}");
        let expected = || String::from_utf8_lossy(&body[..body.len().min(1000)]).into_owned();
        assert!(self.body == body, "expected {}\n{self:#?}", expected());
        self
    }

    /// Expects that it is a JSON response.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn expect_json(&self, body: &Value) -> &Self {
        assert_eq!(self.endpoint, Endpoint::Response, "{self:#?}");
        assert_eq!(&self.json(), body, "{self:#?}");
        self
    }

    /// Expects that it reports an error of this type and message.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn expect_error(&self, name: &str, message: &str) -> &Self {
        let reports = [Endpoint::Error, Endpoint::InitError, Endpoint::RestoreError];
        assert!(reports.contains(&self.endpoint), "no error: {self:#?}");
        let document = self.json();
        assert_eq!(document["errorType"], name, "{self:#?}");
        assert_eq!(document["errorMessage"], message, "{self:#?}");
        let kind = self.header("lambda-runtime-function-error-type");
        assert!(kind.is_some_and(is_error_type), "{self:#?}");
        self
    }

    /// The error document in the trailers of a stream that broke off.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn expect_trailing_error(&self) -> Value {
        let headers = self.headers.iter().filter(|(name, _)| name == "trailer");
        let announced: String = headers.map(|(_, value)| format!("{value},")).collect();
        let announced = announced.to_ascii_lowercase();
        for name in ["type", "body"] {
            let name = format!("lambda-runtime-function-error-{name}");
            assert!(announced.contains(&name), "not announced: {self:#?}");
        }
        let kind = self.trailer("lambda-runtime-function-error-type");
        assert!(kind.is_some_and(is_error_type), "{self:#?}");
        let body = self.trailer("lambda-runtime-function-error-body");
        let body = body.unwrap_or_else(|| panic!("no error in trailers: {self:#?}"));
        let parsed = serde_json::from_str(&decode_text(body));
        parsed.unwrap_or_else(|error| panic!("not JSON: {error}\n{self:#?}"))
    }
}

/// Whether Lambda keeps this as the type of an error: others become `Function.Unknown`.
fn is_error_type(text: &str) -> bool {
    let word = |word: &str| {
        let letters = word.chars().all(|char| char.is_ascii_alphabetic());
        letters && word.starts_with(|char: char| char.is_ascii_uppercase()) && word.len() > 1
    };
    text.split_once('.')
        .is_some_and(|(first, rest)| ["Runtime", "Function"].contains(&first) && word(rest))
}

/// Long bodies are shortened.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]);
        f.debug_struct("Received")
            .field("request", &format_args!("{} {}", self.method, self.path))
            .field("connection", &self.connection)
            .field("state", &self.state)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .field("body", &shown)
            .field("chunks", &self.chunks.len())
            .field("trailers", &self.trailers)
            .finish()
    }
}
