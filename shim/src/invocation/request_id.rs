//! The id that one invocation carries through logs, context and answers.

use std::fmt;
use std::ops::Deref;

use arrayvec::ArrayString;
use uuid::fmt::Hyphenated;

/// A request id: by default a random UUID in lower-case hyphenated form, as AWS Lambda's.
///
/// Kept inline (no allocation). Ids that callers supply are kept as they came, up to
/// [`RequestId::MAX_LEN`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(ArrayString<{ RequestId::MAX_LEN }>);

impl RequestId {
    /// The longest id that is kept, in bytes.
    pub const MAX_LEN: usize = 63;

    /// A new random id (UUID version 4).
    pub fn random() -> Self {
        let mut text = [0; Hyphenated::LENGTH];
        let text = uuid::Uuid::new_v4().hyphenated().encode_lower(&mut text);
        // It has room for one.
        Self(ArrayString::from(text).unwrap_or_default())
    }

    /// Takes over an id that the caller supplied; `None` when it is empty, longer than
    /// [`Self::MAX_LEN`], or holds anything but visible ASCII (it will stand in log lines).
    pub fn parse(id: &str) -> Option<Self> {
        let visible = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then(|| ArrayString::from(id).ok().map(Self))?
    }

    /// The id as bytes, all of them visible ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
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
