//! Frames of `application/vnd.amazon.eventstream`, as `InvokeWithResponseStream` sends them.
//!
//! A frame is: its length, the length of its headers, a CRC-32 of these two; the headers; the
//! payload; a CRC-32 of all before. Numbers are big endian. Source: the event stream encoding of
//! AWS's SDKs.

use bytes::{BufMut as _, Bytes, BytesMut};

/// The longest payload of one frame, in bytes. Decoders refuse frames above 16 MiB or 24 MiB.
pub(super) const MAX_PAYLOAD: usize = 1024 * 1024;

/// A header's type: a text.
const STRING: u8 = 7;

/// A piece of the response: its head, to be sent before the piece itself, and what follows it.
/// The piece is not copied.
pub(super) fn payload_chunk(piece: &[u8]) -> (Bytes, Bytes) {
    let mut head = BytesMut::with_capacity(160);
    begin(
        &mut head,
        &[
            (":message-type", "event"),
            (":event-type", "PayloadChunk"),
            (":content-type", "application/octet-stream"),
        ],
        piece.len(),
    );
    let mut sum = crc32fast::Hasher::new();
    sum.update(&head);
    sum.update(piece);
    let end = sum.finalize().to_be_bytes();
    (head.freeze(), Bytes::copy_from_slice(&end))
}

/// The last frame: `json` says how it ended.
pub(super) fn invoke_complete(json: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(128 + json.len());
    begin(
        &mut frame,
        &[
            (":message-type", "event"),
            (":event-type", "InvokeComplete"),
            (":content-type", "application/json"),
        ],
        json.len(),
    );
    frame.extend_from_slice(json);
    let sum = crc32fast::hash(&frame);
    frame.put_u32(sum);
    frame.freeze()
}

/// Everything before the payload. Names and values are ours and short.
fn begin(out: &mut BytesMut, headers: &[(&str, &str)], payload: usize) {
    let length: usize = headers
        .iter()
        .map(|(name, value)| 1 + name.len() + 1 + 2 + value.len())
        .sum();
    out.put_u32((16 + length + payload) as u32);
    out.put_u32(length as u32);
    let sum = crc32fast::hash(out);
    out.put_u32(sum);
    for (name, value) in headers {
        out.put_u8(name.len() as u8);
        out.put_slice(name.as_bytes());
        out.put_u8(STRING);
        out.put_u16(value.len() as u16);
        out.put_slice(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{invoke_complete, payload_chunk};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    // Both were read by botocore's own decoder.
    #[test]
    fn frames_are_those_that_clients_read() {
        let (head, end) = payload_chunk(b"hello");
        assert_eq!(
            hex(&[&head[..], b"hello", &end[..]].concat()),
            "0000006f0000005af5fe871f0d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74\
             79706507000c5061796c6f61644368756e6b0d3a636f6e74656e742d747970650700186170706c69636174\
             696f6e2f6f637465742d73747265616d68656c6c6f4fe061f2"
        );
        assert_eq!(
            hex(&invoke_complete(b"{}")),
            "00000066000000541f56c8690d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74\
             79706507000e496e766f6b65436f6d706c6574650d3a636f6e74656e742d747970650700106170706c6963\
             6174696f6e2f6a736f6e7b7dface259a"
        );
    }
}
