//! The format of AWS's shared credentials file.
//!
//! ```ini
//! [default]
//! aws_access_key_id = AKIAIOSFODNN7EXAMPLE
//! aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//! ; for temporary keys:
//! aws_session_token = …
//! aws_expiration = 2026-11-20T12:00:00Z
//! ```
//!
//! Other names, and profiles without any of these, are passed over. The problems that are told
//! never repeat a line, which may hold a secret.

use super::credentials::Key;
use super::date::AmzDate;

/// What is wrong, and in which line (from 1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
}

/// An access key of a profile.
#[derive(Debug)]
pub(super) struct Found {
    /// The line of its id.
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) key: Key,
}

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
const TOKEN: &str = "aws_session_token";
/// When temporary keys end: there is no one name for it.
const EXPIRATION: [&str; 2] = ["aws_expiration", "x_security_token_expires"];

/// The access keys in `text`, in order.
pub(super) fn read(text: &str) -> Result<Vec<Found>, Wrong> {
    let mut found = Vec::new();
    let mut profile: Option<Profile<'_>> = None;
    // Lines further in, after a name without a value, belong to that name.
    let mut nested = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let wrong = |what: &str| Wrong {
            line: index + 1,
            what: what.to_owned(),
        };
        let indented = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || (nested && indented) {
            continue;
        }
        nested = false;
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split_once(']').map(|(name, _)| name.trim());
            let name = name.filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| wrong("expected `[profile]`"))?;
            if let Some(finished) = profile.replace(Profile::new(name, index + 1)) {
                found.extend(finished.finish()?);
            }
            continue;
        }
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| wrong("expected `[profile]`, `name = value` or a `#` comment"))?;
        let profile = profile
            .as_mut()
            .ok_or_else(|| wrong("expected `[profile]` before the first `name = value`"))?;
        nested = value.trim().is_empty();
        profile.take(index + 1, name.trim(), value.trim())?;
    }
    if let Some(last) = profile {
        found.extend(last.finish()?);
    }
    Ok(found)
}

/// A profile, as far as it has been read; values with their lines.
#[derive(Debug)]
struct Profile<'a> {
    name: &'a str,
    line: usize,
    id: Option<(usize, &'a str)>,
    secret: Option<(usize, &'a str)>,
    token: Option<(usize, &'a str)>,
    expiration: Option<(usize, &'a str)>,
}

impl<'a> Profile<'a> {
    fn new(name: &'a str, line: usize) -> Self {
        Self {
            name,
            line,
            id: None,
            secret: None,
            token: None,
            expiration: None,
        }
    }

    fn take(&mut self, line: usize, name: &str, value: &'a str) -> Result<(), Wrong> {
        let name = name.to_ascii_lowercase();
        let place = match name.as_str() {
            ID => &mut self.id,
            SECRET => &mut self.secret,
            TOKEN => &mut self.token,
            name if EXPIRATION.contains(&name) => &mut self.expiration,
            _ => return Ok(()),
        };
        if value.is_empty() {
            let what = format!("`{name}` has no value");
            return Err(Wrong { line, what });
        }
        if place.replace((line, value)).is_some() {
            let what = format!("`{name}` stands twice in profile `{}`", self.name);
            return Err(Wrong { line, what });
        }
        Ok(())
    }

    fn finish(self) -> Result<Option<Found>, Wrong> {
        let ((line, id), (_, secret)) = match (self.id, self.secret) {
            (Some(id), Some(secret)) => (id, secret),
            (None, None) => return Ok(None),
            (id, _) => {
                let missing = if id.is_some() { SECRET } else { ID };
                let what = format!("profile `{}` has no `{missing}`", self.name);
                let line = self.line;
                return Err(Wrong { line, what });
            }
        };
        let expires = match self.expiration {
            None => None,
            Some((line, text)) => Some(AmzDate::parse_rfc3339(text).ok_or_else(|| Wrong {
                line,
                what: format!("expected a time such as 2026-11-20T12:00:00Z, found `{text}`"),
            })?),
        };
        Ok(Some(Found {
            line,
            id: id.to_owned(),
            key: Key::new(secret, self.token.map(|(_, token)| token), expires),
        }))
    }
}
