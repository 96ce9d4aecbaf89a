//! HTTP/1.1 as it is read from a socket.

use std::io::{self, BufRead};

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Bytes(usize),
    Chunked,
    UntilClose,
}

pub(crate) fn wrong(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// A line without its end; an error when the stream ends before it.
pub(crate) fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Err(wrong(format!("a line that is cut off: {line:?}"))),
    }
}

/// Reads a head.
pub(crate) fn head(stream: &mut impl BufRead) -> io::Result<Head> {
    let first = line(stream)?;
    let mut parts = first.splitn(3, ' ');
    let version = parts.next().unwrap_or_default().to_owned();
    let status = parts.next().and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| wrong(format!("not a status line: {first:?}")))?;
    Ok(Head {
        version,
        status,
        headers: headers(stream)?,
    })
}

/// Reads headers, or trailers, and the empty line behind them; names in lower case.
pub(crate) fn headers(stream: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| wrong(format!("not a header: {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

impl Head {
    /// How long the body is, in answer to a request with `method`.
    pub(crate) fn length(&self, method: &str) -> Length {
        let header = |name| {
            let found = self.headers.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.as_str())
        };
        if method == "HEAD" || matches!(self.status, 100..=199 | 204 | 304) {
            Length::Bytes(0)
        } else if header("transfer-encoding") == Some("chunked") {
            Length::Chunked
        } else {
            let length = header("content-length").and_then(|length| length.parse().ok());
            length.map_or(Length::UntilClose, Length::Bytes)
        }
    }
}

/// Reads a chunk; `None` at the proper end of the body.
pub(crate) fn chunk(stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let size = line(stream)?;
    let size = usize::from_str_radix(&size, 16).map_err(|_| wrong(format!("chunk of {size:?}")))?;
    let mut chunk = vec![0; size];
    stream.read_exact(&mut chunk)?;
    if !line(stream)?.is_empty() {
        return Err(wrong("a chunk that does not end"));
    }
    Ok((size > 0).then_some(chunk))
}

/// Reads a whole body.
pub(crate) fn body(stream: &mut impl BufRead, length: Length) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match length {
        Length::Bytes(bytes) => {
            body.resize(bytes, 0);
            stream.read_exact(&mut body)?;
        }
        Length::Chunked => {
            while let Some(chunk) = chunk(stream)? {
                body.extend_from_slice(&chunk);
            }
        }
        Length::UntilClose => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}
