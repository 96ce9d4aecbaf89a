//! SHA-256 and what is made of it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::claim::Scope;

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What one secret signs with in one credential scope.
#[derive(Clone)]
pub(super) struct SigningKey([u8; 32]);

impl SigningKey {
    pub(super) fn derive(secret: &str, scope: &Scope) -> Self {
        let start = hmac(format!("AWS4{secret}").as_bytes(), scope.date.as_bytes());
        let steps = [&scope.region, &scope.service, &scope.terminator];
        Self(
            steps
                .into_iter()
                .fold(start, |key, step| hmac(&key, step.as_bytes())),
        )
    }

    /// The signature of `text` in lower-case hexadecimal digits.
    pub(super) fn sign(&self, text: &str) -> String {
        hex(&hmac(&self.0, text.as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // A key of just one block, as HMAC makes of any other: so nothing can fail.
    let mut block = [0; 64];
    if key.len() <= block.len() {
        block[..key.len()].copy_from_slice(key);
    } else {
        block[..32].copy_from_slice(&Sha256::digest(key));
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_takes_keys_of_any_length() {
        // RFC 4231, test cases 2 and 6.
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = hmac(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert_eq!(
            hex(&long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
