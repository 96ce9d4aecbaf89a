//! Reading responses off a connection.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;

use bytes::Bytes;

use super::connection::Response;
use super::error::ClientError;
use super::head::{Length, ResponseHead};

/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The largest body of a response, in bytes: several times the largest event of Lambda.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What is read at once while a head is expected, in bytes; a small event comes with it.
const ROOM: usize = 8 * 1024;

/// What was read from a connection and not used yet.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The part of it that is not used yet.
    start: usize,
    end: usize,
}

impl Buffer {
    fn unused(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn used(&mut self, count: usize) {
        self.start += count;
    }

    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Room for at least [`ROOM`] bytes behind what is not used yet.
    fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.clear();
        }
        if self.bytes.len() - self.end < ROOM {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.bytes.len() - self.end < ROOM {
            self.bytes.resize(self.end + ROOM, 0);
        }
        &mut self.bytes[self.end..]
    }
}

/// Why a response was not read.
pub(super) enum Unread {
    /// The connection ended before it began.
    Nothing(io::Error),
    /// The connection ended within it.
    Rest(io::Error),
    /// It is none.
    Bad(ClientError),
}

/// A connection that is being read.
pub(super) struct Input<'a> {
    pub(super) stream: &'a mut TcpStream,
    pub(super) buffer: &'a mut Buffer,
}

impl Input<'_> {
    /// Reads a response to its end.
    pub(super) fn response(&mut self) -> Result<Response, Unread> {
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
            let unused = self.buffer.unused();
            if !unused.is_empty()
                && let Some((head, end)) = ResponseHead::parse(unused).map_err(Unread::Bad)?
            {
                self.buffer.used(end);
                return Ok(head);
            }
            if unused.len() >= MAX_HEAD {
                return Err(too_large("a head", MAX_HEAD));
            }
            let begun = !unused.is_empty();
            self.fill().map_err(|error| match begun {
                false => Unread::Nothing(error),
                true => Unread::Rest(error),
            })?;
        }
    }

    /// Reads what is there, at least one byte.
    fn fill(&mut self) -> io::Result<()> {
        let read = loop {
            match self.stream.read(self.buffer.room()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.buffer.end += read;
        match read {
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
                let mut body = self.buffer.unused().to_vec();
                self.buffer.clear();
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
        let unused = self.buffer.unused();
        let here = length.min(unused.len());
        body.extend_from_slice(&unused[..here]);
        self.buffer.used(here);
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
            let unused = self.buffer.unused();
            if let Some(end) = unused.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&unused[..end])
                    .trim_end_matches('\r')
                    .to_owned();
                self.buffer.used(end + 1);
                return Ok(line);
            }
            if unused.len() >= MAX_HEAD {
                return Err(too_large("a line", MAX_HEAD));
            }
            self.fill().map_err(Unread::Rest)?;
        }
    }
}

fn too_large(what: &'static str, limit: usize) -> Unread {
    Unread::Bad(ClientError::TooLarge { what, limit })
}
