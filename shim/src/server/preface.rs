//! Which protocol a new connection speaks: HTTP/2 begins with fixed bytes, all else is HTTP/1.

use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::stream::Stream;

const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Enough for the head of most first requests, so that telling the protocols apart costs no system
/// call of its own.
const FIRST_READ: usize = 1024;

/// The first bytes of a connection.
#[derive(Debug)]
pub(super) struct Preface {
    bytes: Vec<u8>,
    http2: bool,
}

impl Preface {
    /// Reads until the protocol is clear. `None` when the client closed without a byte.
    pub(super) async fn read(stream: &mut Stream) -> io::Result<Option<Self>> {
        let mut bytes = vec![0; FIRST_READ];
        let mut length = 0;
        loop {
            let room = &mut bytes[length..];
            let read = std::future::poll_fn(|cx| {
                let mut buf = ReadBuf::new(room);
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut buf))?;
                Poll::Ready(io::Result::Ok(buf.filled().len()))
            })
            .await?;
            length += read;
            if length == 0 {
                return Ok(None);
            }
            let compared = length.min(HTTP2.len());
            let may_be_http2 = bytes[..compared] == HTTP2[..compared];
            if !may_be_http2 || read == 0 || compared == HTTP2.len() {
                bytes.truncate(length);
                let http2 = may_be_http2 && compared == HTTP2.len();
                return Ok(Some(Self { bytes, http2 }));
            }
        }
    }

    pub(super) fn is_http2(&self) -> bool {
        self.http2
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
