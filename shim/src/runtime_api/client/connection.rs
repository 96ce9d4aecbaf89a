//! One connection: requests out, responses in.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;

use super::endpoint::Endpoint;
use super::error::ClientError;
use super::head::{RequestHead, ResponseHead};
use super::input::{Buffer, Input, Unread};

/// The most of an error's document that is shown, in bytes.
const MAX_SHOWN: usize = 1024;

/// How long is waited before each further attempt to connect.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(500),
];

/// A connection that is made when it is needed.
#[derive(Debug)]
pub(super) struct Connection {
    endpoint: Endpoint,
    stream: Option<TcpStream>,
    buffer: Buffer,
}

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) head: ResponseHead,
    pub(super) body: Bytes,
}

impl Response {
    /// The error that it is.
    pub(super) fn refusal(self, method: &'static str, path: &str) -> ClientError {
        let shown = &self.body[..self.body.len().min(MAX_SHOWN)];
        ClientError::Refused {
            method,
            path: path.to_owned(),
            status: self.head.status,
            message: String::from_utf8_lossy(shown).trim().to_owned(),
        }
    }
}

/// Why an exchange failed.
pub(super) enum Failed {
    /// Nothing of a response came: the other side had closed a connection that was kept.
    Stale(io::Error),
    /// Anything else.
    Error(ClientError),
}

impl Connection {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            stream: None,
            buffer: Buffer::default(),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a request and reads its response. If the connection turns out to be gone, once more on
    /// a new one: the API goes by request ids, and does not take an answer twice.
    pub(super) fn exchange(
        &mut self,
        head: &RequestHead,
        body: &[u8],
    ) -> Result<Response, ClientError> {
        self.exchange_while(head, body, || {})
    }

    /// The same; does `meanwhile` once, between the two.
    pub(super) fn exchange_while(
        &mut self,
        head: &RequestHead,
        body: &[u8],
        meanwhile: impl FnOnce(),
    ) -> Result<Response, ClientError> {
        let mut attempts = 0;
        let mut meanwhile = Some(meanwhile);
        loop {
            let sent = self.send(&[head.sized(body.len()).as_bytes(), body]);
            if let Some(meanwhile) = meanwhile.take() {
                meanwhile();
            }
            // What does not take all of a body may have said why.
            let result = match (sent, self.response()) {
                (_, Ok(response)) => Ok(response),
                (Err(error), Err(Failed::Stale(_))) => Err(error),
                (_, Err(failed)) => Err(failed),
            };
            let failed = match result {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            self.stream = None;
            match failed {
                Failed::Stale(_) if attempts < PAUSES.len() => {
                    if attempts > 0 {
                        std::thread::sleep(PAUSES[attempts]);
                    }
                    attempts += 1;
                }
                Failed::Stale(error) => return Err(self.lost(error)),
                Failed::Error(error) => return Err(error),
            }
        }
    }

    /// Sends all of `parts`, on a connection that is made if there is none.
    pub(super) fn send(&mut self, parts: &[&[u8]]) -> Result<(), Failed> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                self.buffer.clear();
                none.insert(connect(&self.endpoint).map_err(Failed::Error)?)
            }
        };
        write_all(stream, parts).map_err(Failed::Stale)
    }

    /// Reads a response to its end.
    pub(super) fn response(&mut self) -> Result<Response, Failed> {
        let Some(stream) = &mut self.stream else {
            return Err(Failed::Stale(ErrorKind::NotConnected.into()));
        };
        let mut input = Input {
            stream,
            buffer: &mut self.buffer,
        };
        let result = input.response();
        if !matches!(&result, Ok(response) if response.head.keep_alive) {
            self.stream = None;
            self.buffer.clear();
        }
        result.map_err(|failed| match failed {
            Unread::Nothing(error) => Failed::Stale(error),
            Unread::Rest(error) => Failed::Error(self.lost(error)),
            Unread::Bad(error) => Failed::Error(error),
        })
    }

    /// Lets go of a connection that the other side has closed.
    pub(super) fn renew_if_closed(&mut self) {
        let is_open = |stream: &TcpStream| -> io::Result<bool> {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock))
        };
        if let Some(stream) = &self.stream
            && !is_open(stream).unwrap_or(false)
        {
            self.cut();
        }
    }

    /// Ends the connection, in the middle of whatever goes over it.
    pub(super) fn cut(&mut self) {
        self.stream = None;
        self.buffer.clear();
    }

    pub(super) fn interrupted(&self, error: io::Error) -> ClientError {
        ClientError::Interrupted {
            address: self.endpoint.authority.clone(),
            error,
        }
    }

    pub(super) fn lost(&self, error: io::Error) -> ClientError {
        ClientError::Lost {
            address: self.endpoint.authority.clone(),
            error,
        }
    }
}

fn connect(endpoint: &Endpoint) -> Result<TcpStream, ClientError> {
    let mut pauses = PAUSES.iter();
    loop {
        let connected = TcpStream::connect(&endpoint.authority);
        match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok(stream),
            Err(error) => match pauses.next() {
                Some(pause) => std::thread::sleep(*pause),
                None => {
                    return Err(ClientError::Connect {
                        address: endpoint.authority.clone(),
                        error,
                    });
                }
            },
        }
    }
}

/// Writes all parts, in as few calls as it takes.
fn write_all(stream: &mut TcpStream, parts: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut left: &mut [IoSlice<'_>] = &mut slices;
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match stream.write_vectored(left) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
