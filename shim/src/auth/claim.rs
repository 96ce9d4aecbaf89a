//! What a request says about its signature.

use std::fmt;

use http::request::Parts;

use super::canonical::{header, parameters};
use super::date::AmzDate;
use super::error::AuthError;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How long a signature is good for that does not say so itself, and how far the caller's clock
/// may be ahead, in seconds.
pub(super) const SKEW: i64 = 300;

/// The longest that a presigned URL may be good for, in seconds: a week.
const LONGEST: i64 = 604_800;

/// Taken from the `Authorization` header, or from the query of a presigned URL.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) access_key: String,
    pub(super) scope: Scope,
    /// Lower-case, sorted, each there once.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    pub(super) date: AmzDate,
    /// How long after `date` it may be used, in seconds.
    pub(super) good_for: i64,
    pub(super) session_token: Option<String>,
}

/// What a signing key is good for.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.date, self.region)?;
        write!(f, "/{}/{}", self.service, self.terminator)
    }
}

impl Claim {
    /// The claim in the `Authorization` header if there is one, else that in the query.
    pub(super) fn of(parts: &Parts) -> Result<Self, AuthError> {
        if parts.headers.contains_key("authorization") {
            return Self::of_header(parts);
        }
        match InQuery::of(parts.uri.query().unwrap_or_default()) {
            Some(claim) => claim.complete(header(&parts.headers, "x-amz-security-token")),
            None => Err(AuthError::Missing),
        }
    }

    fn of_header(parts: &Parts) -> Result<Self, AuthError> {
        let headers = &parts.headers;
        let value = header(headers, "authorization").unwrap_or_default().trim();
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        if scheme != ALGORITHM && scheme.starts_with("AWS4-") {
            return Err(unsupported(scheme));
        }
        let members = if scheme == ALGORITHM { rest } else { "" };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for member in members.split(',').map(str::trim) {
            match member.split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                Some(_) => {}
                None if member.is_empty() => {}
                None => {
                    return Err(AuthError::Incomplete(format!(
                        "'{member}' not a valid key=value pair (missing equal-sign) in \
                         Authorization header."
                    )));
                }
            }
        }
        let date = header(headers, "x-amz-date");
        let date = date.map_or_else(
            || header(headers, "date").map(|text| (text, read_date(text))),
            |text| Some((text, AmzDate::parse(text.trim()))),
        );
        let (Some(credential), Some(signed_headers), Some(signature), Some((text, date))) =
            (credential, signed_headers, signature, date)
        else {
            let wanted = |found: Option<&str>, what| found.is_none().then_some(what);
            let missing = [
                wanted(credential, "requires 'Credential' parameter."),
                wanted(signature, "requires 'Signature' parameter."),
                wanted(signed_headers, "requires 'SignedHeaders' parameter."),
                wanted(
                    date.map(|(text, _)| text),
                    "requires existence of either a 'X-Amz-Date' or a 'Date' header.",
                ),
            ];
            let sentences = missing.iter().flatten();
            let sentences = sentences.map(|what| format!("Authorization header {what}"));
            return Err(AuthError::Incomplete(
                sentences.collect::<Vec<_>>().join(" "),
            ));
        };
        let (access_key, scope) = read_credential(credential)?;
        Ok(Self {
            access_key,
            scope,
            signed_headers: read_signed_headers(signed_headers),
            signature: signature.to_owned(),
            date: date.ok_or_else(|| no_date(text))?,
            good_for: SKEW,
            session_token: header(headers, "x-amz-security-token").map(str::to_owned),
        })
    }
}

/// The parameters of a presigned URL, as far as they are there.
#[derive(Debug, Default)]
struct InQuery {
    algorithm: Option<String>,
    credential: Option<String>,
    signature: Option<String>,
    signed_headers: Option<String>,
    date: Option<String>,
    expires: Option<String>,
    session_token: Option<String>,
}

impl InQuery {
    /// `None` when the query is that of no presigned URL. Of a repeated parameter the first counts.
    fn of(query: &str) -> Option<Self> {
        if !query.contains("X-Amz-") {
            return None;
        }
        let mut this = Self::default();
        for (name, value) in parameters(query) {
            let place = match name.as_slice() {
                b"X-Amz-Algorithm" => &mut this.algorithm,
                b"X-Amz-Credential" => &mut this.credential,
                b"X-Amz-Signature" => &mut this.signature,
                b"X-Amz-SignedHeaders" => &mut this.signed_headers,
                b"X-Amz-Date" => &mut this.date,
                b"X-Amz-Expires" => &mut this.expires,
                b"X-Amz-Security-Token" => &mut this.session_token,
                _ => continue,
            };
            place.get_or_insert_with(|| String::from_utf8_lossy(&value).into_owned());
        }
        let marks = [&this.algorithm, &this.credential, &this.signature];
        let presigned = marks.iter().any(|mark| mark.is_some());
        presigned.then_some(this)
    }

    fn complete(self, token_header: Option<&str>) -> Result<Claim, AuthError> {
        let (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) = (
            &self.algorithm,
            &self.credential,
            &self.signature,
            &self.signed_headers,
            &self.date,
        ) else {
            return Err(self.incomplete());
        };
        if algorithm != ALGORITHM {
            return Err(unsupported(algorithm));
        }
        let (access_key, scope) = read_credential(credential)?;
        Ok(Claim {
            access_key,
            scope,
            signed_headers: read_signed_headers(signed_headers),
            signature: signature.clone(),
            date: AmzDate::parse(date).ok_or_else(|| no_date(date))?,
            good_for: match &self.expires {
                None => SKEW,
                Some(seconds) => read_expires(seconds)?,
            },
            session_token: self
                .session_token
                .or_else(|| token_header.map(str::to_owned)),
        })
    }

    fn incomplete(&self) -> AuthError {
        let all = [
            (&self.algorithm, "X-Amz-Algorithm"),
            (&self.credential, "X-Amz-Credential"),
            (&self.signature, "X-Amz-Signature"),
            (&self.signed_headers, "X-Amz-SignedHeaders"),
            (&self.date, "X-Amz-Date"),
        ];
        let mut text = String::new();
        for (_, name) in all.into_iter().filter(|(value, _)| value.is_none()) {
            text += &format!("AWS query-string parameters must include '{name}'. ");
        }
        AuthError::Incomplete(text + "Re-examine the query-string parameters.")
    }
}

fn read_credential(text: &str) -> Result<(String, Scope), AuthError> {
    let elements: Vec<_> = text.split('/').collect();
    let [access_key, date, region, service, terminator] = elements[..] else {
        return Err(AuthError::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got '{text}'"
        )));
    };
    let scope = Scope {
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        terminator: terminator.to_owned(),
    };
    Ok((access_key.to_owned(), scope))
}

fn read_signed_headers(text: &str) -> Vec<String> {
    let names = text.split(';').map(|name| name.trim().to_ascii_lowercase());
    let mut names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    // Not only for order: a name that is there a thousand times would copy its header as often.
    names.dedup();
    names
}

/// The `Date` header: in its own form, or in that of `X-Amz-Date`.
fn read_date(text: &str) -> Option<AmzDate> {
    AmzDate::parse(text.trim()).or_else(|| AmzDate::parse_http(text.trim()))
}

fn read_expires(text: &str) -> Result<i64, AuthError> {
    match text.parse() {
        Ok(seconds @ 1..=LONGEST) => Ok(seconds),
        _ => Err(AuthError::Incomplete(format!(
            "X-Amz-Expires must be a number of seconds from 1 to {LONGEST}, got '{text}'"
        ))),
    }
}

fn no_date(text: &str) -> AuthError {
    AuthError::Incomplete(format!(
        "Date must be in ISO-8601 'basic format'. Got '{text}'. See \
         http://en.wikipedia.org/wiki/ISO_8601"
    ))
}

fn unsupported(algorithm: &str) -> AuthError {
    AuthError::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'."))
}
