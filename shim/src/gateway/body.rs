//! The body of the request.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::NotHttp;
use super::event::{Event, Text};

/// The body of the event `bytes`: its text, or what its text is the base64 of. Text without escapes
/// is not copied.
pub(super) fn body(event: &mut Event<'_>, bytes: &Bytes) -> Result<Bytes, NotHttp> {
    let is_base64 = match event.is_base64_encoded.map(|flag| flag.get()) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            return Err(NotHttp::Member {
                member: "isBase64Encoded",
                expected: "true or false",
            });
        }
    };
    match (std::mem::take(&mut event.body), is_base64) {
        (Text::Absent, _) => Ok(Bytes::new()),
        (Text::Str(text), true) => {
            let decoded = BASE64.decode(&*text).map_err(|_| NotHttp::Member {
                member: "body",
                expected: "base64, as isBase64Encoded says",
            });
            Ok(decoded?.into())
        }
        (Text::Str(Cow::Borrowed(piece)), false) => Ok(bytes.slice_ref(piece.as_bytes())),
        (Text::Str(Cow::Owned(text)), false) => Ok(text.into()),
        (Text::Other, _) => Err(NotHttp::Member {
            member: "body",
            expected: "a string (JSON in a body is the text of it: \"{\\\"a\\\":1}\")",
        }),
    }
}

/// Encoders leave the padding out now and then.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
