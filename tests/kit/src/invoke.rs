//! Calls of the Lambda Invoke API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::frames::{self, Frame};
use crate::{Connection, Response, Shim};

/// A call in the making: an `Invoke` of a function with the event `{}`, unless told otherwise.
#[derive(Debug)]
#[must_use = "nothing is sent before `send` or `begin`"]
pub struct Call<'a> {
    shim: &'a Shim,
    target: String,
    headers: String,
    body: Vec<u8>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(shim: &'a Shim, target: String) -> Self {
        Self {
            shim,
            target,
            headers: String::new(),
            body: b"{}".to_vec(),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Adds whole header lines, each with its end.
    pub fn lines(mut self, lines: &str) -> Self {
        self.headers.push_str(lines);
        self
    }

    /// Names the qualifier in the query, as it stands there.
    pub fn qualifier(mut self, qualifier: &str) -> Self {
        self.target.push_str(&format!("?Qualifier={qualifier}"));
        self
    }

    /// The event.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// The event, in JSON.
    pub fn json(self, event: &Value) -> Self {
        self.body(event.to_string())
    }

    /// `X-Amz-Invocation-Type`
    pub fn kind(self, kind: &str) -> Self {
        self.header("x-amz-invocation-type", kind)
    }

    /// Asks for the end of the log.
    pub fn tail(self) -> Self {
        self.header("x-amz-log-type", "Tail")
    }

    /// The invocation that this is an attempt at, as SDKs name it.
    pub fn attempt_of(self, id: &str) -> Self {
        self.header("amz-sdk-invocation-id", id)
    }

    /// Sends it on a connection of its own and waits for the answer.
    #[track_caller]
    pub fn send(self) -> Response {
        self.begin().response()
    }

    /// Sends it; the answer is read later.
    #[track_caller]
    pub fn begin(self) -> Connection {
        let mut connection = self.shim.connect();
        self.send_on(&mut connection);
        connection
    }

    /// Sends it on a connection that is there; the answer is read later.
    #[track_caller]
    pub fn send_on(self, connection: &mut Connection) {
        connection.send_request("POST", &self.target, &self.headers, &self.body);
    }
}

/// What stands in the path for a name, as SDKs write it.
pub(crate) fn encode(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// What is expected of answers of the API.
impl Response {
    /// Expects an error of the API with this text.
    ///
    /// # Panics
    /// It is none, or another one.
    #[track_caller]
    pub fn expect_api_error(&self, status: u16, name: &str, text: &str) -> &Self {
        self.expect_status(status)
            .expect_header("content-type", "application/json")
            .expect_header("x-amzn-errortype", name);
        let document = self.json();
        let found = [&document["Message"], &document["message"]];
        let found = found.iter().find_map(|found| found.as_str());
        assert!(
            found.is_some_and(|found| found.contains(text)),
            "no `{text}`\n{self:?}"
        );
        let id = self.header("x-amzn-requestid").map(str::len);
        assert_eq!(id, Some(36), "x-amzn-requestid\n{self:?}");
        self
    }

    /// Expects the answer of a function that failed.
    ///
    /// # Panics
    /// It is another answer, or another error.
    #[track_caller]
    pub fn expect_function_error(&self, name: &str) -> &Self {
        self.expect_status(200)
            .expect_header("content-type", "application/json")
            .expect_header("x-amz-function-error", "Unhandled");
        assert_eq!(self.json()["errorType"], name, "errorType\n{self:?}");
        self
    }

    /// Expects that the function succeeded.
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn expect_success(&self) -> &Self {
        self.expect_status(200)
            .expect_no_header("x-amz-function-error")
    }

    /// The id of the request.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn request_id(&self) -> String {
        let id = self.header("x-amzn-requestid");
        id.unwrap_or_else(|| panic!("no x-amzn-requestid\n{self:?}"))
            .to_owned()
    }

    /// The end of the log, decoded.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn log_tail(&self) -> String {
        let text = self.header("x-amz-log-result");
        let text = text.unwrap_or_else(|| panic!("no x-amz-log-result\n{self:?}"));
        decode_text(text)
    }

    /// The frames of a streamed answer.
    ///
    /// # Panics
    /// It does not consist of frames.
    #[track_caller]
    pub fn frames(&self) -> Vec<Frame> {
        self.expect_status(200)
            .expect_header("content-type", "application/vnd.amazon.eventstream");
        let mut body = self.body();
        let mut all = Vec::new();
        while !body.is_empty() {
            let frame = frames::take(&mut body);
            all.push(frame.unwrap_or_else(|| panic!("half a frame\n{self:?}")));
        }
        all
    }
}

/// From base64 to text.
///
/// # Panics
/// It is no base64 of UTF-8.
#[track_caller]
pub fn decode_text(text: &str) -> String {
    let bytes = STANDARD.decode(text).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

/// In base64.
pub fn encode_text(text: &str) -> String {
    STANDARD.encode(text)
}
