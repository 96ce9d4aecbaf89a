//! One connection: requests out, responses in.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;

use super::endpoint::Endpoint;
use super::error::ClientError;
use super::head::{Length, RequestHead, ResponseHead};

/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The largest body of a response, in bytes: several times the largest event of Lambda.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What is read at once while a head is expected, in bytes; a small event comes with it.
const ROOM: usize = 8 * 1024;

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
    /// What was read and not used yet.
    buffer: Vec<u8>,
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
            buffer: Vec::new(),
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
        let mut attempts = 0;
        loop {
            let sent = self.send(&[head.sized(body.len()).as_bytes(), body]);
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

/// Why a response was not read.
enum Unread {
    /// The connection ended before it began.
    Nothing(io::Error),
    /// The connection ended within it.
    Rest(io::Error),
    /// It is none.
    Bad(ClientError),
}

/// A connection that is being read.
struct Input<'a> {
    stream: &'a mut TcpStream,
    buffer: &'a mut Vec<u8>,
}

impl Input<'_> {
    fn response(&mut self) -> Result<Response, Unread> {
        loop {
            let head = self.head()?;
            // What goes before the response proper.
            if (100..200).contains(&head.status) {
                continue;
            }
            let body = self.body(head.length)?;
            return Ok(Response { head, body });
        }
    }

    fn head(&mut self) -> Result<ResponseHead, Unread> {
        loop {
            if !self.buffer.is_empty()
                && let Some((head, end)) = ResponseHead::parse(self.buffer).map_err(Unread::Bad)?
            {
                self.buffer.drain(..end);
                return Ok(head);
            }
            if self.buffer.len() >= MAX_HEAD {
                return Err(too_large("a head", MAX_HEAD));
            }
            let begun = !self.buffer.is_empty();
            self.fill().map_err(|error| match begun {
                false => Unread::Nothing(error),
                true => Unread::Rest(error),
            })?;
        }
    }

    /// Reads what is there, at least one byte.
    fn fill(&mut self) -> io::Result<()> {
        let length = self.buffer.len();
        self.buffer.resize(length + ROOM, 0);
        let read = loop {
            match self.stream.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer
            .truncate(length + read.as_ref().copied().unwrap_or(0));
        match read? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn body(&mut self, length: Length) -> Result<Bytes, Unread> {
        match length {
            Length::Known(0) => Ok(Bytes::new()),
            Length::Known(length) if length > MAX_BODY => Err(too_large("a body", MAX_BODY)),
            Length::Known(length) => {
                let mut body = Vec::with_capacity(length);
                self.take(length, &mut body)?;
                Ok(body.into())
            }
            Length::Chunked => self.chunks(),
            Length::UntilClose => {
                let mut body = std::mem::take(self.buffer);
                let limit = (MAX_BODY + 1).saturating_sub(body.len()) as u64;
                let rest = self.stream.take(limit).read_to_end(&mut body);
                rest.map_err(Unread::Rest)?;
                match body.len() > MAX_BODY {
                    true => Err(too_large("a body", MAX_BODY)),
                    false => Ok(body.into()),
                }
            }
        }
    }

    /// Moves exactly `length` bytes to `body`.
    fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Result<(), Unread> {
        let here = length.min(self.buffer.len());
        body.extend_from_slice(&self.buffer[..here]);
        self.buffer.drain(..here);
        let left = length - here;
        if left == 0 {
            return Ok(());
        }
        let read = self.stream.take(left as u64).read_to_end(body);
        match read.map_err(Unread::Rest)? {
            read if read < left => Err(Unread::Rest(ErrorKind::UnexpectedEof.into())),
            _ => Ok(()),
        }
    }

    fn chunks(&mut self) -> Result<Bytes, Unread> {
        let mut body = Vec::new();
        loop {
            let size = self.line()?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(digits, 16).map_err(|_| {
                let what = format!("{digits:?} is no length of a chunk");
                Unread::Bad(ClientError::NotHttp(what))
            })?;
            if size == 0 {
                // Trailers, up to an empty line.
                while !self.line()?.is_empty() {}
                return Ok(body.into());
            }
            if size > MAX_BODY - body.len() {
                return Err(too_large("a body", MAX_BODY));
            }
            self.take(size, &mut body)?;
            if !self.line()?.is_empty() {
                let what = "a chunk does not end where it should".to_owned();
                return Err(Unread::Bad(ClientError::NotHttp(what)));
            }
        }
    }

    /// Reads a line, without its end.
    fn line(&mut self) -> Result<String, Unread> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&self.buffer[..end])
                    .trim_end_matches('\r')
                    .to_owned();
                self.buffer.drain(..=end);
                return Ok(line);
            }
            if self.buffer.len() >= MAX_HEAD {
                return Err(too_large("a line", MAX_HEAD));
            }
            self.fill().map_err(Unread::Rest)?;
        }
    }
}

fn too_large(what: &'static str, limit: usize) -> Unread {
    Unread::Bad(ClientError::TooLarge { what, limit })
}
