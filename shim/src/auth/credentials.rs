//! The access keys of those who may call.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq as _;

use super::claim::Scope;
use super::date::AmzDate;
use super::error::AuthError;
use super::hash::SigningKey;
use super::profiles::{self, Wrong};

/// The largest credentials file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A set of access keys. Its `Debug` form shows their ids, never a secret.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    keys: HashMap<String, Key>,
}

/// Why access keys cannot be had. Never repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read credentials file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no credentials file.
    #[error("credentials file `{path}` is larger than 1 MiB")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A line of the file cannot be understood.
    #[error("credentials file `{path}`, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What was found and what was expected.
        what: String,
    },
    /// The file holds no access key.
    #[error(
        "credentials file `{path}` holds no access key: expected `aws_access_key_id` and \
         `aws_secret_access_key` below a `[profile]`"
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// One variable is set, but not the one that goes with it.
    #[error("{found} is set, but not {missing}")]
    Variable {
        /// The variable that is set.
        found: &'static str,
        /// The variable that is not.
        missing: &'static str,
    },
    /// Two sources have different secrets for one key.
    #[error("access key `{id}` was given before with another secret or session token")]
    Conflict {
        /// The access key's id.
        id: String,
    },
}

impl Credentials {
    /// Reads a file in the format of AWS's shared credentials: the keys of all its profiles.
    ///
    /// Blocks. Logs a warning when users other than the file's owner may read it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is larger than 1 MiB, has a line that cannot be understood, or
    /// holds no access key.
    pub fn from_file(path: &Path) -> Result<Self, CredentialsError> {
        let path_buf = || path.to_owned();
        let text = read(path).map_err(|source| CredentialsError::Read {
            path: path_buf(),
            source,
        })?;
        let text = text.ok_or_else(|| CredentialsError::TooLarge { path: path_buf() })?;
        let this = Self::parse(&text).map_err(|Wrong { line, what }| CredentialsError::Line {
            path: path_buf(),
            line,
            what,
        })?;
        if this.keys.is_empty() {
            return Err(CredentialsError::Empty { path: path_buf() });
        }
        Ok(this)
    }

    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let mut this = Self::default();
        for found in profiles::read(text)? {
            let line = found.line;
            this.insert(found.id, found.key).map_err(|error| Wrong {
                line,
                what: error.to_string(),
            })?;
        }
        Ok(this)
    }

    /// The key in the values of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`; `None` when neither of the first two is set. An empty value counts as
    /// not set.
    ///
    /// # Errors
    ///
    /// When one of the first two is set without the other.
    pub fn from_variables(
        access_key_id: Option<&str>,
        secret_access_key: Option<&str>,
        session_token: Option<&str>,
    ) -> Result<Option<Self>, CredentialsError> {
        let set = |value: Option<&'_ str>| value.is_some_and(|value| !value.is_empty());
        let (id, secret) = match (access_key_id, secret_access_key) {
            (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => (id, secret),
            (id, secret) if !set(id) && !set(secret) => return Ok(None),
            (id, _) => {
                let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
                let [found, missing] = if set(id) { names } else { [names[1], names[0]] };
                return Err(CredentialsError::Variable { found, missing });
            }
        };
        let token = session_token.filter(|token| !token.is_empty());
        let keys = HashMap::from([(id.to_owned(), Key::new(secret, token, None))]);
        Ok(Some(Self { keys }))
    }

    fn insert(&mut self, id: String, key: Key) -> Result<(), CredentialsError> {
        match self.keys.entry(id) {
            Entry::Vacant(place) => drop(place.insert(key)),
            Entry::Occupied(known) if *known.get() == key => {}
            Entry::Occupied(known) => {
                let id = known.key().clone();
                return Err(CredentialsError::Conflict { id });
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, access_key_id: &str) -> Option<&Key> {
        self.keys.get(access_key_id)
    }
}

/// The text of a file; `None` when it is too large.
fn read(path: &Path) -> io::Result<Option<String>> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if mode & 0o044 != 0 {
        let path = path.display();
        tracing::warn!(%path, "other users may read the credentials file: `chmod 600` it");
    }
    Ok((text.len() as u64 <= LARGEST).then_some(text))
}

/// The secret half of an access key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    secret: String,
    session_token: Option<String>,
    expires: Option<AmzDate>,
}

impl Key {
    pub(super) fn new(secret: &str, session_token: Option<&str>, expires: Option<AmzDate>) -> Self {
        Self {
            secret: secret.to_owned(),
            session_token: session_token.map(str::to_owned),
            expires,
        }
    }

    /// Whether the key may be used with this session token, at this time.
    pub(super) fn admits(&self, token: Option<&str>, now: AmzDate) -> Result<(), AuthError> {
        let ours = self.session_token.as_deref().unwrap_or_default();
        let theirs = token.unwrap_or_default();
        if !bool::from(ours.as_bytes().ct_eq(theirs.as_bytes())) {
            return Err(AuthError::UnknownKey);
        }
        if self.expires.is_some_and(|expires| expires <= now) {
            return Err(AuthError::KeyExpired);
        }
        Ok(())
    }

    pub(super) fn signing_key(&self, scope: &Scope) -> SigningKey {
        SigningKey::derive(&self.secret, scope)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
