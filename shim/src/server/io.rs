//! A stream that notes what its connection is doing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrayvec::ArrayVec;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::preface::Preface;
use super::stream::Stream;

/// How much of a refused request is still read, in bytes, before the connection is cut.
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// Responses up to this length are sent from one piece: copying them costs less than having the
/// kernel gather them.
const SMALL_RESPONSE: usize = 512;

/// Writes up to this length are HTTP/2's pings, acknowledgements and window updates.
const SMALL_TALK: usize = 48;

/// How much is read ahead, in bytes, to find out whether the client is still there.
const AHEAD: usize = 512;

/// The stream under a connection's protocol: gives back the bytes that were read to find out the
/// protocol, stamps [`Activity`], notices when the client goes away, and closes gently.
#[derive(Debug)]
pub(super) struct Io {
    stream: Stream,
    activity: Arc<Activity>,
    /// Read already, not yet given to the protocol.
    prefix: Vec<u8>,
    /// HTTP/1: bytes between requests are the beginning of one.
    one_at_a_time: bool,
    stalled: bool,
    peer_closed: bool,
    lingering: Option<usize>,
}

impl Io {
    pub(super) fn new(stream: Stream, activity: Arc<Activity>, preface: Preface) -> Self {
        Self {
            stream,
            activity,
            one_at_a_time: !preface.is_http2(),
            prefix: preface.into_bytes(),
            stalled: false,
            peer_closed: false,
            lingering: None,
        }
    }

    fn note_write(&mut self, written: &Poll<io::Result<usize>>) {
        self.note_stall(written.is_pending());
        // HTTP/2 sends on after the response was handed over; that is not idling.
        if !self.one_at_a_time && matches!(written, Poll::Ready(Ok(bytes)) if *bytes > SMALL_TALK) {
            self.activity.progress();
        }
    }

    fn note_stall(&mut self, stalled: bool) {
        if stalled && !self.stalled {
            self.activity.write_stalls();
        } else if !stalled && self.stalled {
            self.activity.write_flows();
        }
        self.stalled = stalled;
    }

    /// HTTP/1: fails when the client has gone while it is being answered, so that the work for it
    /// ends. Called where there is nothing to do but wait: hyper itself would look before a request
    /// is handed over, with a new buffer for each.
    fn watch(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.one_at_a_time || !self.prefix.is_empty() {
            return Ok(());
        }
        let mut ahead = [0; AHEAD];
        let mut buf = ReadBuf::new(&mut ahead);
        match Pin::new(&mut self.stream).poll_read(cx, &mut buf)? {
            Poll::Pending => {}
            Poll::Ready(()) if buf.filled().is_empty() => {
                self.peer_closed = true;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Poll::Ready(()) => {
                self.prefix = buf.filled().to_vec();
                // More of a body, for which the protocol has waited; or the next request.
                cx.waker().wake_by_ref();
            }
        }
        Ok(())
    }

    /// Reads and forgets. Closing a socket with unread bytes makes the kernel send a reset, which
    /// can overtake the response on its way to the client.
    fn poll_linger(&mut self, mut left: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [std::mem::MaybeUninit::uninit(); 4096];
        while left > 0 {
            let mut buf = ReadBuf::uninit(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    left = left.saturating_sub(buf.filled().len());
                }
                Poll::Ready(_) => break,
                Poll::Pending => {
                    self.lingering = Some(left);
                    return Poll::Pending;
                }
            }
        }
        self.lingering = Some(0);
        Poll::Ready(())
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.prefix.is_empty() {
            let length = this.prefix.len().min(buf.remaining());
            buf.put_slice(&this.prefix[..length]);
            if length < this.prefix.len() {
                this.prefix.drain(..length);
            } else {
                // Frees the memory, which the connection's further life has no use for.
                this.prefix = Vec::new();
                // What was read ahead is little; a long body comes in pieces as large as there is
                // room for. An end or an error is met again by the next read.
                let _ = Pin::new(&mut this.stream).poll_read(cx, buf);
            }
            if this.one_at_a_time {
                this.activity.bytes_arrived();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() == before {
            this.peer_closed = true;
        } else if this.one_at_a_time {
            this.activity.bytes_arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.note_write(&written);
        if written.is_pending() {
            this.watch(cx)?;
        }
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let length: usize = bufs.iter().map(|buf| buf.len()).sum();
        let written = if length <= SMALL_RESPONSE {
            // Not cleared before it is filled.
            let mut whole = ArrayVec::<u8, SMALL_RESPONSE>::new();
            for buf in bufs {
                // They fit: their lengths were added up.
                let _ = whole.try_extend_from_slice(buf);
            }
            Pin::new(&mut this.stream).poll_write(cx, &whole)
        } else {
            Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
        };
        this.note_write(&written);
        if written.is_pending() {
            this.watch(cx)?;
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        if this.stream.writes_behind() {
            this.note_stall(flushed.is_pending());
        }
        if this.activity.is_answering() {
            this.watch(cx)?;
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = match this.lingering {
            Some(left) => left,
            None => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                let rest_may_come = this.activity.closes();
                let linger = this.one_at_a_time && rest_may_come && !this.peer_closed;
                if linger { LINGER_BYTES } else { 0 }
            }
        };
        this.poll_linger(left, cx).map(Ok)
    }
}
