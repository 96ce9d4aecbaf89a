//! The other end: requests as a caller signs them.

use std::fmt;
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderName, HeaderValue, header};

use super::canonical::canonical_head;
use super::claim::{ALGORITHM, Scope};
use super::credentials::{Credentials, CredentialsError};
use super::date::AmzDate;
use super::hash::{SigningKey, sha256_hex};
use super::verify::{SERVICE, TERMINATOR};

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs requests to the service `lambda` with one access key. Its `Debug` form shows no secret.
#[derive(Clone)]
pub struct Signer {
    id: String,
    secret: String,
    token: Option<String>,
    region: String,
}

/// Why a request cannot be signed. Never repeats a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignError {
    /// A part of the key cannot stand in a header.
    #[error("{variable} has characters that no header can have; expected visible ASCII")]
    NoHeader {
        /// The variable that held it.
        variable: &'static str,
    },
}

impl Signer {
    /// Signs for `region` with the key in the values of `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; `None` when neither of the first two is set.
    /// An empty value counts as not set.
    ///
    /// # Errors
    /// One of the first two is set without the other.
    pub fn from_variables(
        id: Option<&str>,
        secret: Option<&str>,
        token: Option<&str>,
        region: &str,
    ) -> Result<Option<Self>, CredentialsError> {
        let known = Credentials::from_variables(id, secret, token)?;
        let (Some(_), Some(id), Some(secret)) = (known, id, secret) else {
            return Ok(None);
        };
        let token = token.filter(|token| !token.is_empty());
        Ok(Some(Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
            region: region.to_owned(),
        }))
    }

    /// Signs a request with this body as sent at `now`: adds `x-amz-date`, the session token if
    /// there is one, and `Authorization`. `host` must be among the headers already. Signed are
    /// `host`, `content-type` and all headers whose names begin with `x-amz-`.
    ///
    /// # Errors
    /// The key's id or token cannot stand in a header.
    pub fn sign(&self, parts: &mut Parts, body: &[u8], now: SystemTime) -> Result<(), SignError> {
        let date = AmzDate::of(now).to_string();
        let no_header = |variable| SignError::NoHeader { variable };
        if let Some(token) = &self.token {
            let token = HeaderValue::try_from(token);
            let token = token.map_err(|_| no_header("AWS_SESSION_TOKEN"))?;
            parts.headers.insert(TOKEN, token);
        }
        if let Ok(date) = HeaderValue::try_from(&date) {
            parts.headers.insert(DATE, date);
        }
        let scope = Scope {
            date: date.chars().take(8).collect(),
            region: self.region.clone(),
            service: SERVICE.to_owned(),
            terminator: TERMINATOR.to_owned(),
        };
        let names = parts.headers.keys().map(HeaderName::as_str);
        let mut signed: Vec<String> = names
            .filter(|name| name.starts_with("x-amz-") || *name == "host" || *name == "content-type")
            .map(str::to_owned)
            .collect();
        signed.sort_unstable();
        let mut canonical = canonical_head(parts, &signed);
        canonical.extend_from_slice(sha256_hex(body).as_bytes());
        let text = string_to_sign(&date, &scope, &canonical);
        let signature = SigningKey::derive(&self.secret, &scope).sign(&text);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
            self.id,
            signed.join(";")
        );
        let authorization = HeaderValue::try_from(authorization);
        let authorization = authorization.map_err(|_| no_header("AWS_ACCESS_KEY_ID"))?;
        parts.headers.insert(header::AUTHORIZATION, authorization);
        Ok(())
    }
}

/// What a signature is made of: the canonical request's hash, when it was made, what for.
fn string_to_sign(date: &str, scope: &Scope, canonical: &[u8]) -> String {
    format!("{ALGORITHM}\n{date}\n{scope}\n{}", sha256_hex(canonical))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("id", &self.id)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
