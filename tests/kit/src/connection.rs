//! A connection that speaks HTTP/1.1, or anything.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::output::Output;
use crate::wire::{self, Head, Length};
use crate::{PATIENCE, Response};

/// A connection. Requests wait for their answers; the raw parts are there for what is not as usual.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    output: Arc<Output>,
    /// Of the last request, whose answer has no body if it is `HEAD`.
    method: String,
    /// Of the answer whose head was read.
    length: Length,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, output: Arc<Output>) -> Self {
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
        Self {
            stream: BufReader::new(stream),
            output,
            method: "GET".to_owned(),
            length: Length::UntilClose,
        }
    }

    #[track_caller]
    fn must<T>(&self, what: &str, result: io::Result<T>) -> T {
        result.unwrap_or_else(|error| panic!("{what}: {error}\n{}", self.output))
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// The connection is gone.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let sent = self.try_send(bytes);
        self.must("cannot send", sent);
        self
    }

    /// Sends bytes as they are, unless the connection is gone.
    ///
    /// # Errors
    /// It is gone.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends a request. `headers` are whole lines; the length of the body is added unless they
    /// speak of it.
    #[track_caller]
    pub fn send_request(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) {
        self.method = method.to_owned();
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: shim\r\n{headers}");
        let said = headers.to_ascii_lowercase();
        let framed = said.contains("content-length") || said.contains("transfer-encoding");
        if !framed && (!body.is_empty() || method == "POST") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        // In one piece, as a client would: the head alone may be refused and the rest reset.
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        // Whoever refuses a body need not read it.
        let _ = self.try_send(bytes);
    }

    /// Sends a piece of a chunked body; an empty one ends it.
    #[track_caller]
    pub fn send_chunk(&mut self, piece: &[u8]) -> &mut Self {
        let mut bytes = format!("{:x}\r\n", piece.len()).into_bytes();
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
        self.send(bytes)
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub fn request(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) -> Response {
        self.send_request(method, target, headers, body);
        self.response()
    }

    /// `GET`
    #[track_caller]
    pub fn get(&mut self, target: &str) -> Response {
        self.request("GET", target, "", b"")
    }

    /// `POST`
    #[track_caller]
    pub fn post(&mut self, target: &str, body: impl AsRef<[u8]>) -> Response {
        self.request("POST", target, "", body.as_ref())
    }

    /// The whole answer to the last request.
    ///
    /// # Panics
    /// There is none, or it is not one.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        let answer = self.try_response();
        self.must("no response", answer)
    }

    /// The whole answer to the last request.
    ///
    /// # Errors
    /// There is none, or it is not one.
    pub fn try_response(&mut self) -> io::Result<Response> {
        let head = wire::head(&mut self.stream)?;
        let length = head.length(&self.method);
        let body = wire::body(&mut self.stream, length)?;
        Ok(self.answer(head, body))
    }

    /// The whole answer to the last request, if it begins within `limit`. For what must not come,
    /// or only later.
    ///
    /// # Panics
    /// It is not one.
    #[track_caller]
    pub fn try_answer_within(&mut self, limit: Duration) -> Option<Response> {
        let timeout = |stream: &TcpStream, limit| stream.set_read_timeout(Some(limit)).is_ok();
        assert!(timeout(self.stream.get_ref(), limit), "{}", self.output);
        let begun = self.stream.fill_buf().map(<[u8]>::len);
        assert!(timeout(self.stream.get_ref(), PATIENCE), "{}", self.output);
        match begun {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            begun => {
                self.must("no response", begun);
                Some(self.response())
            }
        }
    }

    /// The head of the answer alone, as a response without a body. An interim one (100) counts.
    #[track_caller]
    pub fn head(&mut self) -> Response {
        let head = wire::head(&mut self.stream);
        let head = self.must("no head of a response", head);
        self.length = head.length(&self.method);
        self.answer(head, Vec::new())
    }

    /// The next chunk of the answer whose head was read; `None` at its proper end.
    ///
    /// # Errors
    /// It breaks off.
    pub fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        assert_eq!(self.length, Length::Chunked, "the answer is not chunked");
        wire::chunk(&mut self.stream)
    }

    /// The rest of the answer whose head was read.
    ///
    /// # Errors
    /// It breaks off.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        wire::body(&mut self.stream, self.length)
    }

    fn answer(&self, head: Head, body: Vec<u8>) -> Response {
        Response {
            status: head.status,
            version: head.version,
            headers: head.headers,
            body,
            output: self.output.clone(),
        }
    }

    /// Says that no more will be sent.
    pub fn end_sending(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// Waits until the other side has closed, and returns what it still said.
    ///
    /// # Panics
    /// It stays open.
    #[track_caller]
    pub fn read_until_closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
                panic!("not closed: {error}\n{}", self.output)
            }
            _ => rest,
        }
    }
}
