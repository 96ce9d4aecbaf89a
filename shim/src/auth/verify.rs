//! The verifier: is this request from one of the callers that we know, and as they sent it?

use std::time::SystemTime;

use http::request::Parts;
use subtle::ConstantTimeEq as _;

use super::canonical::{canonical_head, header};
use super::claim::{ALGORITHM, Claim, SKEW, Scope};
use super::credentials::Credentials;
use super::date::AmzDate;
use super::error::AuthError;
use super::hash::{SigningKey, sha256_hex};

pub(super) const SERVICE: &str = "lambda";
pub(super) const TERMINATOR: &str = "aws4_request";

/// Verifies the signatures of requests to the service `lambda`, for whatever region.
#[derive(Debug)]
pub struct Verifier {
    credentials: Credentials,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The id of the access key, as in `AKIAIOSFODNN7EXAMPLE`.
    pub access_key_id: String,
}

impl Verifier {
    /// A verifier for the callers in `credentials`.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }

    /// Checks what can be checked before the body is there: that the request is signed by a known
    /// key, for this service, within 5 minutes of `now` (a presigned URL: within `X-Amz-Expires`).
    ///
    /// `parts` must be as they were received, path and query above all. Its cost is linear in the
    /// size of the head.
    ///
    /// # Errors
    ///
    /// Any [`AuthError`] but [`AuthError::WrongSignature`], which needs the body.
    pub fn check_head(&self, parts: &Parts, now: SystemTime) -> Result<Pending, AuthError> {
        let now = AmzDate::of(now);
        let claim = Claim::of(parts)?;
        check_scope(&claim)?;
        check_time(&claim, now)?;
        let key = self.credentials.get(&claim.access_key);
        let key = key.ok_or(AuthError::UnknownKey)?;
        key.admits(claim.session_token.as_deref(), now)?;
        let content_hash_is_signed = signs(&claim, "x-amz-content-sha256");
        let content_hash = header(&parts.headers, "x-amz-content-sha256").unwrap_or_default();
        Ok(Pending {
            canonical_head: canonical_head(parts, &claim.signed_headers),
            content_hash: content_hash_is_signed.then(|| content_hash.trim().to_owned()),
            key: key.signing_key(&claim.scope),
            signature: claim.signature,
            date: claim.date,
            scope: claim.scope,
            identity: Identity {
                access_key_id: claim.access_key,
            },
        })
    }
}

fn check_scope(claim: &Claim) -> Result<(), AuthError> {
    let Claim { scope, date, .. } = claim;
    let wrong = |text: String| Err(AuthError::OutOfScope(text));
    if scope.service != SERVICE {
        return wrong(format!(
            "Credential should be scoped to correct service: '{SERVICE}'."
        ));
    }
    if scope.terminator != TERMINATOR {
        return wrong(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}'."
        ));
    }
    let (day, date) = (&scope.date, date.to_string());
    if *day != date[..8] {
        return wrong(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
             from HTTP: '{day}' != '{}', from '{date}'.",
            &date[..8]
        ));
    }
    if !signs(claim, "host") {
        return wrong(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        );
    }
    Ok(())
}

fn signs(claim: &Claim, name: &str) -> bool {
    claim.signed_headers.iter().any(|signed| signed == name)
}

fn check_time(claim: &Claim, now: AmzDate) -> Result<(), AuthError> {
    let signed = claim.date;
    if signed.plus(claim.good_for) < now {
        return Err(AuthError::SignatureExpired {
            signed,
            now,
            seconds: claim.good_for,
        });
    }
    if signed > now.plus(SKEW) {
        return Err(AuthError::NotYetCurrent {
            signed,
            now,
            seconds: SKEW,
        });
    }
    Ok(())
}

/// A request whose body has yet to come. Holds about as much as the request's head.
#[derive(Debug)]
pub struct Pending {
    canonical_head: Vec<u8>,
    /// What `x-amz-content-sha256` said, if it is signed.
    content_hash: Option<String>,
    key: SigningKey,
    signature: String,
    date: AmzDate,
    scope: Scope,
    identity: Identity,
}

impl Pending {
    /// Checks the signature, with the whole body as it was received (empty when there was none).
    ///
    /// The time it takes does not depend on how much of the signature is right. Hashing a body of
    /// 6 MiB takes some milliseconds.
    ///
    /// # Errors
    ///
    /// [`AuthError::WrongSignature`], also when a signed `x-amz-content-sha256` is not the hash of
    /// this body.
    pub fn check_body(&self, body: &[u8]) -> Result<Identity, AuthError> {
        let hash = sha256_hex(body);
        let mut canonical = self.canonical_head.clone();
        canonical.extend_from_slice(hash.as_bytes());
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.date,
            self.scope,
            sha256_hex(&canonical)
        );
        let signature = self.key.sign(&string_to_sign);
        let same = signature.as_bytes().ct_eq(self.signature.as_bytes());
        let content_hash_fits = self.content_hash.as_ref().is_none_or(|said| *said == hash);
        if bool::from(same) && content_hash_fits {
            return Ok(self.identity.clone());
        }
        Err(AuthError::WrongSignature {
            canonical_request: String::from_utf8_lossy(&canonical).into_owned(),
            string_to_sign,
        })
    }
}
