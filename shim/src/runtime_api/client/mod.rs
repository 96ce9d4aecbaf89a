//! The runtime's end: a blocking client that keeps one connection.
//!
//! One thread, one socket, four system calls an invocation: nothing is faster than to wait where
//! the answer arrives. A request goes out in one write, with its body; a response's body is read
//! into a buffer of its size, which crosses to the plugin as it is.

mod cause;
mod connection;
mod endpoint;
mod error;
mod head;
mod input;
mod invocation;
mod stream;
#[cfg(test)]
mod tests;

pub use endpoint::{Endpoint, NotAnEndpoint};
pub use error::ClientError;
pub use invocation::Next;
pub use stream::ResponseStream;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use self::connection::Connection;
use self::head::RequestHead;
use super::wire;
use crate::invocation::FunctionError;

/// A connection to the Runtime API, kept alive and made again when it is gone.
#[derive(Debug)]
pub struct Client(Connection);

impl Client {
    /// A client of the API at `endpoint`. Connects when it is first used.
    pub fn new(endpoint: Endpoint) -> Self {
        Self(Connection::new(endpoint))
    }

    /// Waits, for as long as it takes, for the next invocation.
    ///
    /// # Errors
    /// The API cannot be reached, answers with an error, or with what is no invocation.
    pub fn next_invocation(&mut self) -> Result<Next, ClientError> {
        self.next_invocation_while(|| {})
    }

    /// The same; does `meanwhile` when it has asked, before it waits.
    ///
    /// # Errors
    /// As [`next_invocation`](Self::next_invocation).
    pub fn next_invocation_while(&mut self, meanwhile: impl FnOnce()) -> Result<Next, ClientError> {
        let head = RequestHead::get(self.0.endpoint(), wire::BASE, wire::NEXT);
        let response = self.0.exchange_while(&head, &[], meanwhile)?;
        if response.head.status != 200 {
            return Err(response.refusal("GET", wire::NEXT));
        }
        Next::read(response.head, response.body)
    }

    /// Answers an invocation.
    ///
    /// # Errors
    /// The API cannot be reached, or does not take the answer; see
    /// [`ClientError::is_fatal`] for which of them end the runtime.
    pub fn respond(&mut self, to: &Next, response: &[u8]) -> Result<(), ClientError> {
        let mut head = self.invocation(to, "/response");
        head.header("content-type", "application/json");
        self.post(head, response)
    }

    /// Tells that an invocation failed.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn fail(&mut self, to: &Next, error: &FunctionError) -> Result<(), ClientError> {
        let mut head = self.invocation(to, "/error");
        if let Some(cause) = cause::cause(error) {
            head.header(wire::XRAY_CAUSE, &cause);
        }
        self.post_error(head, error)
    }

    /// Begins a streamed answer to an invocation. The head goes out at once.
    ///
    /// # Errors
    /// The API cannot be reached.
    pub fn stream(
        &mut self,
        to: &Next,
        content_type: &str,
    ) -> Result<ResponseStream<'_>, ClientError> {
        let mut head = self.invocation(to, "/response");
        head.header("content-type", content_type);
        ResponseStream::begin(&mut self.0, head)
    }

    /// Tells that the runtime could not be set up.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn init_error(&mut self, error: &FunctionError) -> Result<(), ClientError> {
        let head = RequestHead::post(self.0.endpoint(), wire::BASE, wire::INIT_ERROR);
        self.post_error(head, error)
    }

    /// Lets Lambda take its snapshot, and waits until it is restored.
    ///
    /// # Errors
    /// As [`next_invocation`](Self::next_invocation).
    pub fn restored(&mut self) -> Result<(), ClientError> {
        let head = RequestHead::get(self.0.endpoint(), wire::BASE, wire::RESTORE_NEXT);
        let response = self.0.exchange(&head, &[])?;
        match response.head.status {
            200..300 => Ok(()),
            _ => Err(response.refusal("GET", wire::RESTORE_NEXT)),
        }
    }

    /// Tells that what had to be done after a restore failed.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn restore_error(&mut self, error: &FunctionError) -> Result<(), ClientError> {
        let head = RequestHead::post(self.0.endpoint(), wire::BASE, wire::RESTORE_ERROR);
        self.post_error(head, error)
    }

    /// Registers an extension of this name that wants no events. Lambda sends SIGTERM before it
    /// ends an environment only if there is one. The identifier it was given.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn register_extension(&mut self, name: &str) -> Result<String, ClientError> {
        let mut head = RequestHead::post(self.0.endpoint(), wire::EXTENSIONS, "/register");
        head.header("lambda-extension-name", name);
        head.header("content-type", "application/json");
        let mut response = self.0.exchange(&head, br#"{"events":[]}"#)?;
        if response.head.status != 200 {
            return Err(response.refusal("POST", "/extension/register"));
        }
        let identifier = response.head.take(wire::EXTENSION_ID);
        identifier.ok_or(ClientError::Missing {
            header: "Lambda-Extension-Identifier",
        })
    }

    /// Says that the extension is ready, and waits for an event: there is none for an extension
    /// that wants none, so this returns when the environment ends.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn next_event(&mut self, identifier: &str) -> Result<(), ClientError> {
        let mut head = RequestHead::get(self.0.endpoint(), wire::EXTENSIONS, "/event/next");
        head.header(wire::EXTENSION_ID, identifier);
        let response = self.0.exchange(&head, &[])?;
        match response.head.status {
            200 => Ok(()),
            _ => Err(response.refusal("GET", "/extension/event/next")),
        }
    }

    fn invocation(&self, to: &Next, what: &str) -> RequestHead {
        let mut head = RequestHead::for_invocation(self.0.endpoint(), &to.id, what);
        if let Some(id) = &to.invocation_id {
            head.header(wire::INVOCATION_ID, id);
        }
        head
    }

    fn post_error(
        &mut self,
        mut head: RequestHead,
        error: &FunctionError,
    ) -> Result<(), ClientError> {
        head.header("content-type", wire::ERROR_CONTENT_TYPE);
        head.header(wire::ERROR_TYPE, &wire::error_category(&error.name));
        self.post(head, &error.to_json())
    }

    fn post(&mut self, head: RequestHead, body: &[u8]) -> Result<(), ClientError> {
        let response = self.0.exchange(&head, body)?;
        match response.head.status {
            200..300 => Ok(()),
            _ => Err(response.refusal("POST", head.path())),
        }
    }
}

/// An error as the trailers of a stream tell it: category, and document in base64.
fn trailers(error: &FunctionError) -> (String, String) {
    let body = BASE64_STANDARD.encode(error.to_json_within(wire::MAX_TRAILING_ERROR));
    (wire::error_category(&error.name), body)
}
