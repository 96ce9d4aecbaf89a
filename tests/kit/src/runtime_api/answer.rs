//! What a request is answered with, good or bad.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use crate::PATIENCE;

/// What a request is answered with.
#[derive(Debug, Clone)]
#[must_use = "nothing is answered before it is scripted"]
pub struct Answer {
    /// The request id of the event that it is.
    pub(super) delivers: Option<String>,
    /// Whether it comes before the request's body is read.
    pub(super) early: bool,
    key: Option<Key>,
    parts: Parts,
    /// Send no more than so many bytes of it.
    most: usize,
    /// Bytes at a time, and the pause between them.
    slowly: Option<(usize, Duration)>,
    ending: Ending,
}

#[derive(Debug, Clone)]
enum Parts {
    Whole {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        /// Bytes in each chunk.
        chunked: Option<usize>,
    },
    Raw(Vec<u8>),
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    KeepAlive,
    Close,
    Reset,
}

/// What holds an answer back.
#[derive(Debug, Clone, Default)]
pub struct Key(Arc<(Mutex<bool>, Condvar)>);

impl Key {
    /// Lets the answer go.
    pub fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    fn wait(&self) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = changed.wait_timeout_while(open, PATIENCE, |open| !*open);
    }
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        let (headers, body, chunked) = (Vec::new(), Vec::new(), None);
        Self::of(Parts::Whole {
            status,
            headers,
            body,
            chunked,
        })
    }

    /// Lambda's answer to what it accepts.
    pub fn accepted() -> Self {
        Self::status(202).json(r#"{"status":"OK"}"#)
    }

    /// Lambda's answer to what it does not.
    pub fn error(status: u16, name: &str, message: &str) -> Self {
        let document = serde_json::json!({ "errorMessage": message, "errorType": name });
        Self::status(status).json(&document.to_string())
    }

    /// These bytes, whatever they are, and then the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Parts::Raw(bytes.into())).closing()
    }

    /// No answer: the connection is closed.
    pub fn hang_up() -> Self {
        Self::raw("")
    }

    /// No answer: the connection is reset.
    pub fn reset() -> Self {
        Self::raw("").resetting()
    }

    fn of(parts: Parts) -> Self {
        Self {
            delivers: None,
            early: false,
            key: None,
            parts,
            most: usize::MAX,
            slowly: None,
            ending: Ending::KeepAlive,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Parts::Whole { headers, .. } = &mut self.parts {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Parts::Whole { body, .. } = &mut self.parts {
            *body = bytes.into();
        }
        self
    }

    fn json(self, text: &str) -> Self {
        self.header("content-type", "application/json").body(text)
    }

    /// Sends the body in chunks of so many bytes.
    pub fn chunked(mut self, bytes: usize) -> Self {
        if let Parts::Whole { chunked, .. } = &mut self.parts {
            *chunked = Some(bytes);
        }
        self
    }

    /// Sends no more than the first bytes of the whole, head included.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self.closing()
    }

    /// Sends so many bytes at a time, with pauses between.
    pub fn slowly(mut self, bytes: usize, pause: Duration) -> Self {
        self.slowly = Some((bytes, pause));
        self
    }

    /// Closes the connection behind the answer, without having said so.
    pub fn closing(mut self) -> Self {
        self.ending = Ending::Close;
        self
    }

    /// Resets the connection behind the answer.
    pub fn resetting(mut self) -> Self {
        self.ending = Ending::Reset;
        self
    }

    /// Answers before the body of the request is read; what comes of it is dropped then, up to the
    /// end of the connection.
    pub fn before_the_body(mut self) -> Self {
        self.early = true;
        self
    }

    /// Answers when the key is turned.
    pub fn held(mut self) -> (Self, Key) {
        let key = Key::default();
        self.key = Some(key.clone());
        (self, key)
    }

    fn bytes(&self) -> Vec<u8> {
        let (status, headers, body, chunked) = match &self.parts {
            Parts::Raw(bytes) => return bytes.clone(),
            Parts::Whole {
                status,
                headers,
                body,
                chunked,
            } => (status, headers, body, chunked),
        };
        let reason = http::StatusCode::from_u16(*status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason.unwrap_or("Odd"));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let Some(size) = chunked else {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            return [head.as_bytes(), body].concat();
        };
        head.push_str("Transfer-Encoding: chunked\r\n\r\n");
        let mut bytes = head.into_bytes();
        for chunk in body.chunks(*size) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    /// Answers; `sent` is called before the last byte goes.
    pub(super) fn write(&self, stream: &mut TcpStream, sent: impl FnOnce()) -> io::Result<Ending> {
        if let Some(key) = &self.key {
            key.wait();
        }
        let mut bytes = self.bytes();
        bytes.truncate(self.most);
        sent();
        match self.slowly {
            None => stream.write_all(&bytes)?,
            Some((size, pause)) => {
                for piece in bytes.chunks(size) {
                    stream.write_all(piece)?;
                    thread::sleep(pause);
                }
            }
        }
        match self.ending {
            Ending::KeepAlive => {}
            Ending::Close => stream.shutdown(Shutdown::Both)?,
            // Without lingering, the close is a reset.
            Ending::Reset => set_socket_linger(&*stream, Some(Duration::ZERO))?,
        }
        Ok(self.ending)
    }
}
