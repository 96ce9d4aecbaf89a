//! In a build without the feature `tls` no listener has it.

use std::io;
use std::path::Path;

use super::listener::Socket;
use super::stream::Stream;

/// There is none.
#[derive(Debug, Clone)]
pub enum Tls {}

/// This build has no TLS.
#[derive(Debug, thiserror::Error)]
#[error("this shim was built without TLS: build it with the feature `tls`")]
pub struct TlsError;

impl Tls {
    /// Says that there is none.
    ///
    /// # Errors
    /// Always.
    pub fn load(_: &Path, _: &Path) -> Result<Self, TlsError> {
        Err(TlsError)
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn reload(&self) -> Result<(), TlsError> {
        match *self {}
    }

    pub(super) async fn accept(&self, _: Socket) -> io::Result<Stream> {
        match *self {}
    }
}
