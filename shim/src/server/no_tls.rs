//! In a build without the feature `tls` no listener has it.

use std::io;

use super::listener::Socket;
use super::stream::Stream;

/// There is none.
#[derive(Debug, Clone)]
pub(super) enum Tls {}

impl Tls {
    pub(super) async fn accept(&self, _: Socket) -> io::Result<Stream> {
        match *self {}
    }
}
