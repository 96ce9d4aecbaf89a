//! The id that one invocation carries through logs, context and answers.

use std::fmt;
use std::ops::Deref;

/// A request id: by default a random UUID in lower-case hyphenated form, as AWS Lambda's.
///
/// Kept inline (no allocation). Ids that callers supply are kept as they came, up to
/// [`RequestId::MAX_LEN`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    len: u8,
    text: [u8; RequestId::MAX_LEN],
}

impl RequestId {
    /// The longest id that is kept, in bytes.
    pub const MAX_LEN: usize = 63;

    /// A new random id (UUID version 4).
    pub fn random() -> Self {
        let mut text = [0; Self::MAX_LEN];
        let len = uuid::Uuid::new_v4()
            .hyphenated()
            .encode_lower(&mut text)
            .len();
        Self {
            len: len as u8,
            text,
        }
    }

    /// Takes over an id that the caller supplied; `None` when it is empty, longer than
    /// [`Self::MAX_LEN`], or holds anything but visible ASCII (it will stand in log lines).
    pub fn parse(id: &str) -> Option<Self> {
        let visible = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || id.len() > Self::MAX_LEN {
            return None;
        }
        let mut text = [0; Self::MAX_LEN];
        text[..id.len()].copy_from_slice(id.as_bytes());
        Some(Self {
            len: id.len() as u8,
            text,
        })
    }

    /// The id as bytes, all of them visible ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl Deref for RequestId {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn a_random_id_is_a_lower_case_uuid() {
        let id = RequestId::random();
        assert_eq!(id.len(), 36);
        assert!(uuid::Uuid::parse_str(&id).is_ok());
        assert_ne!(id, RequestId::random());
    }

    #[test]
    fn a_callers_id_is_kept_only_if_it_can_stand_in_a_log_line() {
        assert_eq!(RequestId::parse("abc-123").as_deref(), Some("abc-123"));
        assert_eq!(RequestId::parse(""), None);
        assert_eq!(RequestId::parse("a b"), None);
        assert_eq!(RequestId::parse("a\nb"), None);
        assert_eq!(
            RequestId::parse(&"x".repeat(63)).map(|id| id.len()),
            Some(63)
        );
        assert_eq!(RequestId::parse(&"x".repeat(64)), None);
    }
}
