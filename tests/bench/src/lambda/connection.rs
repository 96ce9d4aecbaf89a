//! One connection of a runtime to the Runtime API.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

/// The longest body that is taken: more than Lambda's 6 MiB.
const LONGEST: usize = 8 * 1024 * 1024;

/// The longest head that is taken.
const HEAD: usize = 16 * 1024;

/// How long a runtime may stop in the middle of a request, or let an answer lie.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection, with what has been received but not been looked at.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// A whole request; its body lies in the connection's buffer until it is taken out.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) what: What,
    head: usize,
    body: usize,
}

/// What a runtime asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    Next,
    /// The answer to the invocation with this number.
    Response(u64),
    /// Anything else: its first line.
    Other(String),
}

/// Every request id starts with this; the invocation's number follows, in hexadecimal.
const ID: &str = "8476a536-e9f4-41e8-9739-";

/// The request id of invocation `number`.
pub(crate) fn request_id(number: u64) -> String {
    format!("{ID}{number:012x}")
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; HEAD],
            filled: 0,
        })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether something came after the last request.
    pub(crate) fn has_more(&self) -> bool {
        self.filled > 0
    }

    /// Receives one whole request; none at the connection's end.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Option<Request>> {
        let head = loop {
            let received = &self.buffer[..self.filled];
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(self.filled < HEAD, "a head of more than {HEAD} bytes");
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) if self.filled == 0 => return Ok(None),
                Ok(0) => bail!("a connection ended in a head"),
                Ok(length) => self.filled += length,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error).context("cannot read a head"),
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).context("a head is not UTF-8")?;
        let what = what(text.lines().next().unwrap_or_default());
        let body = length(text)?;
        ensure!(body <= LONGEST, "a body of {body} bytes");
        if self.buffer.len() < head + body {
            self.buffer.resize(head + body, 0);
        }
        while self.filled < head + body {
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => bail!("a connection ended in a body"),
                Ok(length) => self.filled += length,
                Err(error) => return Err(error).context("cannot read a body"),
            }
        }
        Ok(Some(Request { what, head, body }))
    }

    /// The body of `request`, the last one received.
    pub(crate) fn body(&self, request: &Request) -> &[u8] {
        &self.buffer[request.head..request.head + request.body]
    }

    /// Forgets `request`, the last one received.
    pub(crate) fn take(&mut self, request: &Request) {
        let end = request.head + request.body;
        self.buffer.copy_within(end..self.filled, 0);
        self.filled -= end;
    }

    pub(crate) fn send(&mut self, head: &[u8], body: &[u8]) -> anyhow::Result<()> {
        let mut parts = [IoSlice::new(head), IoSlice::new(body)];
        let mut parts = &mut parts[..];
        while !parts.is_empty() {
            let sent = self.stream.write_vectored(parts);
            IoSlice::advance_slices(&mut parts, sent.context("cannot send")?);
        }
        Ok(())
    }
}

fn what(line: &str) -> What {
    let path = "/2018-06-01/runtime/invocation/";
    let mut words = line.split(' ');
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    let rest = target.strip_prefix(path).unwrap_or_default();
    if method == Some("GET") && rest == "next" {
        return What::Next;
    }
    let number = rest
        .strip_prefix(ID)
        .and_then(|rest| rest.strip_suffix("/response"));
    match number.and_then(|number| u64::from_str_radix(number, 16).ok()) {
        Some(number) => What::Response(number),
        None => What::Other(line.to_owned()),
    }
}

fn length(head: &str) -> anyhow::Result<usize> {
    let mut length = 0;
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().context("content-length")?;
        }
        let chunked = name.eq_ignore_ascii_case("transfer-encoding");
        ensure!(
            !chunked,
            "a chunked body: this server measures buffered answers"
        );
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::{What, request_id, what};

    #[test]
    fn an_answer_is_known_by_the_number_in_its_path() {
        let line = format!(
            "POST /2018-06-01/runtime/invocation/{}/response HTTP/1.1",
            request_id(77)
        );
        assert_eq!(what(&line), What::Response(77));
        let other = "POST /2018-06-01/runtime/init/error HTTP/1.1";
        assert_eq!(what(other), What::Other(other.to_owned()));
    }
}
