//! TLS: a certificate that can be replaced while connections come in.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};

use super::listener::Socket;
use super::stream::Stream;

/// The largest certificate or key file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What is offered to clients, best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate and its key, for TLS 1.2 and 1.3, from files that can be read again. Clones share
/// them.
#[derive(Debug, Clone)]
pub struct Tls(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    /// Locked for as long as it takes to copy or replace a reference.
    config: RwLock<Arc<ServerConfig>>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{path}`, expected {expected}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A file is larger than such files are.
    #[error("`{path}` is larger than 1 MiB, expected {expected}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// A file is not, or not only, what it should be.
    #[error("`{path}` is damaged, expected {expected}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// Where it is not PEM.
        source: pem::Error,
    },
    /// A file holds something else.
    #[error("nothing of use in `{path}`, expected {expected}")]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// The private key is protected by a passphrase.
    #[error(
        "the private key in `{path}` is encrypted, expected it without a passphrase (`openssl pkey` \
         writes it so)"
    )]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The certificate or the key is of no kind that can be used.
    #[error("`{path}` cannot be used, expected {expected}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        source: Error,
    },
    /// They are no pair.
    #[error("the key in `{key}` does not belong to the certificate in `{certificate}`")]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}

const CERTIFICATE: &str = "a PEM certificate chain";
const KEY: &str = "a PEM private key (PKCS#8, RSA or EC)";

impl Tls {
    /// Reads a certificate chain, the server's own certificate first, and its private key. Both may
    /// be in one file.
    ///
    /// Blocks while it reads.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, is larger than 1 MiB, does not hold what it should, or the key
    /// does not belong to the certificate.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(Shared {
            config: RwLock::new(config(certificate, key)?),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        })))
    }

    /// Reads both files again. Handshakes that begin from now on use what they hold; connections
    /// that are open keep what they have.
    ///
    /// Blocks while it reads.
    ///
    /// # Errors
    ///
    /// As [`Self::load`]; what was there stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = config(&self.0.certificate, &self.0.key)?;
        *self
            .0
            .config
            .write()
            .unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Shakes hands with the client at the other end of `socket`.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<Stream> {
        let config = self.0.config.read();
        let config = config.unwrap_or_else(PoisonError::into_inner).clone();
        let stream = Box::pin(TlsAcceptor::from(config).accept(socket)).await?;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = read_chain(certificate)?;
    let signing_key = read_key(key)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let unusable_key = |source| unusable(key, KEY, source);
    let signing_key = provider
        .key_provider
        .load_private_key(signing_key)
        .map_err(unusable_key)?;
    let pair = CertifiedKey::new(chain, signing_key);
    match pair.keys_match() {
        // Unknown: the key does not tell its public half.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(Error::InconsistentKeys(_)) => {
            return Err(TlsError::Mismatch {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            });
        }
        Err(source) => return Err(unusable(certificate, CERTIFICATE, source)),
    }
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable_key)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path, CERTIFICATE)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|source| damaged(path, CERTIFICATE, source))?;
    if chain.is_empty() {
        return Err(damaged(path, CERTIFICATE, pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read(path, KEY)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|source| {
        let encrypted = b"BEGIN ENCRYPTED PRIVATE KEY";
        if text.windows(encrypted.len()).any(|part| part == encrypted) {
            return TlsError::Encrypted {
                path: path.to_owned(),
            };
        }
        damaged(path, KEY, source)
    })
}

fn read(path: &Path, expected: &'static str) -> Result<Vec<u8>, TlsError> {
    let mut text = Vec::new();
    let file = File::open(path);
    let read = file.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    let path = || path.to_owned();
    match read {
        Ok(length) if length as u64 <= LARGEST => Ok(text),
        Ok(_) => Err(TlsError::TooLarge {
            path: path(),
            expected,
        }),
        Err(source) => Err(TlsError::Read {
            path: path(),
            expected,
            source,
        }),
    }
}

fn damaged(path: &Path, expected: &'static str, source: pem::Error) -> TlsError {
    let path = path.to_owned();
    match source {
        pem::Error::NoItemsFound => TlsError::Nothing { path, expected },
        source => TlsError::Damaged {
            path,
            expected,
            source,
        },
    }
}

fn unusable(path: &Path, expected: &'static str, source: Error) -> TlsError {
    TlsError::Unusable {
        path: path.to_owned(),
        expected,
        source,
    }
}
