//! Frames of `application/vnd.amazon.eventstream`, read back.

use std::collections::BTreeMap;

use serde_json::Value;

/// A frame, whose checksums were right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its headers, all of which are texts.
    pub headers: BTreeMap<String, String>,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Which event it is: `PayloadChunk`, `InvokeComplete`.
    ///
    /// # Panics
    /// It is no event.
    #[track_caller]
    pub fn event(&self) -> &str {
        assert_eq!(self.headers[":message-type"], "event", "{self:?}");
        &self.headers[":event-type"]
    }

    /// What it holds, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// What the last frame says of the end.
    ///
    /// # Panics
    /// It is not the last one.
    #[track_caller]
    pub fn completion(&self) -> Value {
        assert_eq!(self.event(), "InvokeComplete", "{self:?}");
        assert_eq!(self.headers[":content-type"], "application/json");
        serde_json::from_slice(&self.payload).expect("JSON")
    }
}

/// Takes the first frame off `bytes`, if all of it is there.
///
/// # Panics
/// It is none.
#[track_caller]
pub fn take(bytes: &mut &[u8]) -> Option<Frame> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    let (total, headers) = (number(0)? as usize, number(4)? as usize);
    assert_eq!(number(8)?, crc32fast::hash(&bytes[..8]), "prelude checksum");
    assert!(total >= headers + 16, "{total} bytes, {headers} of headers");
    let (frame, rest) = bytes.split_at_checked(total)?;
    let end = total - 4;
    let sum = u32::from_be_bytes(frame[end..].try_into().expect("four bytes"));
    assert_eq!(sum, crc32fast::hash(&frame[..end]), "checksum of a frame");
    *bytes = rest;
    Some(Frame {
        headers: read_headers(&frame[12..12 + headers]),
        payload: frame[12 + headers..end].to_vec(),
    })
}

#[track_caller]
fn read_headers(mut bytes: &[u8]) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let mut take = |count: usize| {
        let (taken, rest) = bytes.split_at_checked(count)?;
        bytes = rest;
        Some(taken)
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    while let Some(&[length]) = take(1) {
        let name = text(take(length.into()).expect("a name"));
        assert_eq!(take(1), Some(&[7][..]), "the type of {name}");
        let length = take(2).expect("a length");
        let length = u16::from_be_bytes([length[0], length[1]]);
        let value = text(take(length.into()).expect("a value"));
        assert!(headers.insert(name, value).is_none(), "a header twice");
    }
    headers
}
