//! An answer, and what may be expected of it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::output::Output;

/// An answer.
pub struct Response {
    pub(crate) status: u16,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) output: Arc<Output>,
}

impl Response {
    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header (name in lower case), the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(found, _)| found == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Its body.
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
        parsed.unwrap_or_else(|error| panic!("not JSON: {error}\n{self:?}"))
    }

    /// Expects a status.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "status\n{self:?}");
        self
    }

    /// Expects a header.
    ///
    /// # Panics
    /// It is not there, or has another value.
    #[track_caller]
    pub fn expect_header(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.header(name), Some(value), "header {name}\n{self:?}");
        self
    }

    /// Expects that there is no such header.
    ///
    /// # Panics
    /// There is.
    #[track_caller]
    pub fn expect_no_header(&self, name: &str) -> &Self {
        assert_eq!(self.header(name), None, "header {name}\n{self:?}");
        self
    }

    /// Expects a body.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect_body(&self, body: impl AsRef<[u8]>) -> &Self {
        let body = body.as_ref();
        let expected = || String::from_utf8_lossy(&body[..body.len().min(1000)]).into_owned();
        assert!(self.body == body, "body: expected {}\n{self:?}", expected());
        self
    }

    /// Expects a JSON body.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect_json(&self, body: &Value) -> &Self {
        assert_eq!(&self.json(), body, "body\n{self:?}");
        self
    }

    /// Expects an error document.
    ///
    /// # Panics
    /// It is none, or another one.
    #[track_caller]
    pub fn expect_error(&self, status: u16, name: &str) -> &Self {
        self.expect_status(status)
            .expect_header("content-type", "application/json");
        assert_eq!(self.json()["errorType"], name, "errorType\n{self:?}");
        self
    }

    /// The message of an error document.
    #[track_caller]
    pub fn error_message(&self) -> String {
        self.json()["errorMessage"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// With all that the process has said, for the message of a failed test.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.version, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let shown = String::from_utf8_lossy(&self.body[..self.body.len().min(1000)]);
        writeln!(f, "({} bytes) {shown}\n{}", self.body.len(), self.output)
    }
}
