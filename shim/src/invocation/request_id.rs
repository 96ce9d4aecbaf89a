//! The id that one invocation carries through logs, context and answers.

use std::fmt;
use std::ops::Deref;

use super::random;

/// The length of a UUID with its hyphens.
const LENGTH: usize = 36;

/// A request id: by default a random UUID in lower-case hyphenated form, as AWS Lambda's.
///
/// Kept inline (no allocation). Ids that callers supply are kept as they came, up to
/// [`RequestId::MAX_LEN`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    length: u8,
    /// There is neither a quotation mark nor a backslash in it.
    plain: bool,
    /// Visible ASCII, then zeros.
    text: [u8; RequestId::MAX_LEN],
}

impl RequestId {
    /// The longest id that is kept, in bytes.
    pub const MAX_LEN: usize = 63;

    /// A new random id (UUID version 4). It is nobody else's, but it is no secret.
    pub fn random() -> Self {
        let (high, low) = random::bits();
        // The digit of the version, and the two bits of the variant.
        let (high, low) = (high & !(0xf << 12) | 4 << 12, low & (!0 >> 2) | 1 << 63);
        let mut text = [0; Self::MAX_LEN];
        text[..8].copy_from_slice(&digits(high >> 32));
        text[9..17].copy_from_slice(&digits(high));
        text.copy_within(13..17, 14);
        text[19..27].copy_from_slice(&digits(low >> 32));
        text.copy_within(23..27, 24);
        text[28..36].copy_from_slice(&digits(low));
        for hyphen in [8, 13, 18, 23] {
            text[hyphen] = b'-';
        }
        Self {
            length: LENGTH as u8,
            plain: true,
            text,
        }
    }

    /// Takes over an id that the caller supplied; `None` when it is empty, longer than
    /// [`Self::MAX_LEN`], or holds anything but visible ASCII (it will stand in log lines).
    pub fn parse(id: &str) -> Option<Self> {
        let visible = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
        let mut text = [0; Self::MAX_LEN];
        let place = text.get_mut(..id.len()).filter(|_| visible)?;
        place.copy_from_slice(id.as_bytes());
        Some(Self {
            length: u8::try_from(id.len()).ok()?,
            plain: !id.contains(['"', '\\']),
            text,
        })
    }

    /// The id as bytes, all of them visible ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.length.into()).unwrap_or_default()
    }

    /// Whether it can stand in a JSON string as it is.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// The lower half of `bits` in hexadecimal: each digit is made in a byte of one number, all at once.
fn digits(bits: u64) -> [u8; 8] {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let half = bits & 0xffff_ffff;
    let spread = (half | half << 16) & 0x0000_ffff_0000_ffff;
    let spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    let spread = (spread | spread << 4) & (ONES * 0x0f);
    // One in each byte of ten or more: in ASCII, letters do not follow the digits.
    let letters = ((spread + ONES * 0x06) >> 4) & ONES;
    let digits = spread + ONES * u64::from(b'0') + letters * u64::from(b'a' - b'9' - 1);
    digits.to_be_bytes()
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
        assert_ne!(id, RequestId::random());
        let uuid = uuid::Uuid::parse_str(&id).unwrap();
        assert_eq!(uuid.get_version_num(), 4);
        assert_eq!(uuid.hyphenated().to_string(), *id);
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
