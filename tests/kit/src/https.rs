//! A client that speaks HTTPS and trusts one certificate.

use std::io::{self, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::{PATIENCE, Response, Shim, wire};

impl Shim {
    /// Sends a request over TLS on a connection of its own, to a server that must have `trusted`
    /// (PEM, for `localhost`).
    ///
    /// # Errors
    /// There is no answer: the server has another certificate, say.
    pub fn https(
        &self,
        trusted: &str,
        method: &str,
        target: &str,
        body: &str,
    ) -> io::Result<Response> {
        let other = |error| io::Error::other(format!("{error:?}"));
        let mut roots = RootCertStore::empty();
        let trusted = CertificateDer::from_pem_slice(trusted.as_bytes());
        roots
            .add(trusted.map_err(|error| io::Error::other(error.to_string()))?)
            .map_err(other)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().expect("a server's name");
        let connection = ClientConnection::new(Arc::new(config), name).map_err(other)?;
        let socket = TcpStream::connect(self.address())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = BufReader::new(StreamOwned::new(connection, socket));
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let head = wire::head(&mut stream)?;
        let length = head.length(method);
        Ok(Response {
            body: wire::body(&mut stream, length)?,
            status: head.status,
            version: head.version,
            headers: head.headers,
            output: self.output().clone(),
        })
    }
}
