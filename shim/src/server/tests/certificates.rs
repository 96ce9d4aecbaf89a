//! Certificates, and files that hold none.

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::server::{Tls, TlsError};

/// A folder with a certificate and its key.
pub(super) struct Pair {
    folder: TempDir,
}

impl Pair {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls.crt")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.folder.path().join("tls.key")
    }

    /// Writes a new certificate for `localhost` with a new key.
    pub(super) fn issue(&self) -> CertificateDer<'static> {
        let names = vec!["localhost".to_owned()];
        let issued = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(self.certificate(), issued.cert.pem()).unwrap();
        fs::write(self.key(), issued.signing_key.serialize_pem()).unwrap();
        issued.cert.der().clone()
    }

    pub(super) fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.certificate(), &self.key())
    }

    /// Why the pair cannot be used, without the folder's name; first with `text` for the
    /// certificate, then for the key.
    fn problems(&self, text: &[u8]) -> [String; 2] {
        let problem = |path: &Path| {
            let good = fs::read(path).unwrap();
            fs::write(path, text).unwrap();
            let problem = self.load().unwrap_err().to_string();
            fs::write(path, good).unwrap();
            let folder = format!("{}/", self.folder.path().display());
            problem.replace(&folder, "")
        };
        [problem(&self.certificate()), problem(&self.key())]
    }
}

const CERTIFICATE: &str = "expected a PEM certificate chain";
const KEY: &str = "expected a PEM private key (PKCS#8, RSA or EC)";

#[test]
fn a_problem_tells_the_file_and_what_was_expected() {
    let pair = Pair::new();
    pair.issue();
    for nothing in ["", "hello"] {
        assert_eq!(
            pair.problems(nothing.as_bytes()),
            [
                format!("nothing of use in `tls.crt`, {CERTIFICATE}"),
                format!("nothing of use in `tls.key`, {KEY}"),
            ]
        );
    }
    let cut = "-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN PRIVATE KEY-----\nMIIB\n";
    assert_eq!(
        pair.problems(cut.as_bytes()),
        [
            format!("`tls.crt` is damaged, {CERTIFICATE}"),
            format!("`tls.key` is damaged, {KEY}"),
        ]
    );
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\
        -----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(
        pair.problems(empty.as_bytes()),
        [
            format!("`tls.crt` cannot be used, {CERTIFICATE}"),
            format!("`tls.key` cannot be used, {KEY}"),
        ]
    );
    assert_eq!(
        pair.problems(&vec![b' '; 1024 * 1024 + 1]),
        [
            format!("`tls.crt` is larger than 1 MiB, {CERTIFICATE}"),
            format!("`tls.key` is larger than 1 MiB, {KEY}"),
        ]
    );
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n\
        -----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(
        pair.problems(encrypted.as_bytes())[1],
        "the private key in `tls.key` is encrypted, expected it without a passphrase (`openssl \
         pkey` writes it so)"
    );
    fs::remove_file(pair.key()).unwrap();
    let absent = pair.load().unwrap_err();
    let key = pair.key();
    assert_eq!(
        absent.to_string(),
        format!("cannot read `{}`, {KEY}", key.display())
    );
    assert!(
        absent
            .source()
            .unwrap()
            .to_string()
            .contains("No such file")
    );
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (one, other) = (Pair::new(), Pair::new());
    one.issue();
    other.issue();
    assert!(one.load().is_ok());
    let mixed = Tls::load(&one.certificate(), &other.key());
    assert!(matches!(mixed, Err(TlsError::Mismatch { .. })), "{mixed:?}");
}

#[test]
fn both_may_be_in_one_file() {
    let pair = Pair::new();
    pair.issue();
    let mut both = fs::read(pair.key()).unwrap();
    both.extend(fs::read(pair.certificate()).unwrap());
    fs::write(pair.certificate(), both).unwrap();
    assert!(Tls::load(&pair.certificate(), &pair.certificate()).is_ok());
}
