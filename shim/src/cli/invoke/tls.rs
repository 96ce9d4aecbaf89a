//! HTTPS to an endpoint, by the certificates that this system trusts.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::exit::BadData;

const HINT: &str = "SSL_CERT_FILE names a file with the certificates (PEM) that are trusted";

/// TLS 1.2 and 1.3 to one server.
pub(super) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Tls {
    /// To the server of this name. Reads the system's certificates; blocks.
    ///
    /// # Errors
    /// There are none, or the name is none that a certificate could have.
    pub(super) fn to(name: &str) -> Result<Self, BadData> {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| {
            BadData::new(
                format!("`{name}` is no name of a server"),
                "see --endpoint-url",
            )
        })?;
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Some systems hold certificates that are no roots.
        let (usable, _) = roots.add_parsable_certificates(found.certs);
        if usable == 0 {
            let why = found.errors.first().map(|error| format!(": {error}"));
            let message = format!("no trusted certificates found{}", why.unwrap_or_default());
            return Err(BadData::new(message, HINT));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| BadData::new(format!("TLS cannot be used: {error}"), HINT))?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, server })
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.server.clone(), stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
