//! Frames of `application/vnd.amazon.eventstream`, read as they come.
//!
//! A frame is: its length, the length of its headers, a CRC-32 of these two; the headers; the
//! payload; a CRC-32 of all before. Numbers are big endian. Source: the event stream encoding of
//! AWS's SDKs.

use bytes::{Buf as _, Bytes, BytesMut};

/// The longest frame, in bytes: the SDKs' own limit.
const MAX_FRAME: usize = 24 * 1024 * 1024;
/// The longest headers of one, in bytes: the SDKs' own limit.
const MAX_HEADERS: usize = 128 * 1024;
/// What a frame has besides headers and payload.
const AROUND: usize = 16;
/// The two lengths and their checksum.
const PRELUDE: usize = 12;

/// Why bytes are no frame.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum FrameError {
    #[error("a checksum is wrong ({what}: {found:08x}, expected {expected:08x})")]
    Checksum {
        what: &'static str,
        found: u32,
        expected: u32,
    },
    #[error(
        "a frame of {frame} bytes with {headers} bytes of headers, expected at most {MAX_FRAME} and {MAX_HEADERS}"
    )]
    Lengths { frame: usize, headers: usize },
    #[error("the headers of a frame are damaged")]
    Headers,
}

/// A frame whose checksums were right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its headers that are texts; others have no meaning here.
    headers: Vec<(String, String)>,
    pub(super) payload: Bytes,
}

impl Frame {
    /// The value of a header; empty without one.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Takes pieces of any length, gives whole frames. Holds at most one frame and one piece.
#[derive(Debug, Default)]
pub(super) struct Decoder(BytesMut);

impl Decoder {
    /// More bytes.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// Whether the bytes end where a frame does.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next frame, if all of it is there.
    ///
    /// # Errors
    /// The bytes are no frame; nothing behind them can be read.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(prelude) = self.0.first_chunk::<PRELUDE>() else {
            return Ok(None);
        };
        check("of the lengths", &prelude[..8], &prelude[8..])?;
        let mut lengths = &prelude[..8];
        let (frame, headers) = (lengths.get_u32() as usize, lengths.get_u32() as usize);
        if frame > MAX_FRAME || headers > MAX_HEADERS || frame < headers + AROUND {
            return Err(FrameError::Lengths { frame, headers });
        }
        if self.0.len() < frame {
            self.0.reserve(frame - self.0.len());
            return Ok(None);
        }
        let mut whole = self.0.split_to(frame).freeze();
        let sum = whole.split_off(frame - 4);
        check("of a frame", &whole, &sum)?;
        whole.advance(PRELUDE);
        let payload = whole.split_off(headers);
        let headers = read_headers(whole).ok_or(FrameError::Headers)?;
        Ok(Some(Frame { headers, payload }))
    }
}

fn check(what: &'static str, bytes: &[u8], mut sum: &[u8]) -> Result<(), FrameError> {
    let (found, expected) = (sum.get_u32(), crc32fast::hash(bytes));
    if found == expected {
        return Ok(());
    }
    Err(FrameError::Checksum {
        what,
        found,
        expected,
    })
}

fn read_headers(mut bytes: Bytes) -> Option<Vec<(String, String)>> {
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).ok();
    let mut headers = Vec::new();
    while bytes.has_remaining() {
        let length = bytes.get_u8().into();
        let name = text(take(&mut bytes, length)?)?;
        let kind = take(&mut bytes, 1)?.get_u8();
        let length = match kind {
            // Yes and no.
            0 | 1 => 0,
            // Numbers.
            2 => 1,
            3 => 2,
            4 => 4,
            // A number, a time.
            5 | 8 => 8,
            // Bytes, a text.
            6 | 7 => take(&mut bytes, 2)?.get_u16().into(),
            // A UUID.
            9 => 16,
            _ => return None,
        };
        let value = take(&mut bytes, length)?;
        if kind == 7 {
            headers.push((name, text(value)?));
        }
    }
    Some(headers)
}

fn take(bytes: &mut Bytes, count: usize) -> Option<Bytes> {
    (bytes.len() >= count).then(|| bytes.split_to(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.map(|pair| byte(pair).unwrap()).collect()
    }

    /// Two frames that botocore's own decoder reads.
    fn stream() -> Vec<u8> {
        bytes(
            "0000006f0000005af5fe871f0d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74\
             79706507000c5061796c6f61644368756e6b0d3a636f6e74656e742d747970650700186170706c69636174\
             696f6e2f6f637465742d73747265616d68656c6c6f4fe061f2\
             00000066000000541f56c8690d3a6d6573736167652d747970650700056576656e740b3a6576656e742d74\
             79706507000e496e766f6b65436f6d706c6574650d3a636f6e74656e742d747970650700106170706c6963\
             6174696f6e2f6a736f6e7b7dface259a",
        )
    }

    #[test]
    fn frames_come_whole_whatever_the_pieces() {
        for size in [1, 7, 111, 112, 1000] {
            let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
            for piece in stream().chunks(size) {
                decoder.push(piece);
                while let Some(frame) = decoder.next().unwrap() {
                    frames.push(frame);
                }
            }
            assert!(decoder.is_empty());
            assert_eq!(frames.len(), 2, "pieces of {size}");
            assert_eq!(frames[0].header(":event-type"), "PayloadChunk");
            assert_eq!(frames[0].payload, "hello");
            assert_eq!(frames[1].header(":event-type"), "InvokeComplete");
            assert_eq!(frames[1].header(":absent"), "");
            assert_eq!(frames[1].payload, "{}");
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let whole = stream();
        for at in 0..0x6f {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            let mut decoder = Decoder::default();
            decoder.push(&changed);
            assert!(decoder.next().is_err(), "byte {at}");
        }
    }

    /// A frame with these headers and nothing else.
    fn frame(headers: &[u8]) -> Vec<u8> {
        let length = (headers.len() + AROUND) as u32;
        let mut frame = [length.to_be_bytes(), (headers.len() as u32).to_be_bytes()].concat();
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        frame.extend(headers);
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        frame
    }

    fn read(bytes: &[u8]) -> Result<Option<Frame>, FrameError> {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        decoder.next()
    }

    #[test]
    fn headers_of_every_type_are_passed_over() {
        let headers = b"\x01a\x00\x01b\x01\x01c\x02.\x01d\x03..\x01e\x04....\x01f\x05........\
                        \x01g\x06\x00\x01.\x01h\x08........\x01i\x09................\x01j\x07\x00\x02ok";
        let frame = read(&frame(headers)).unwrap().unwrap();
        assert_eq!(frame.header("j"), "ok");
        assert_eq!(frame.header("g"), "");
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for damaged in [
            &b"\x05ab"[..],
            b"\x01a\x0a",
            b"\x01a\x07\x00\x09x",
            b"\x01a",
            b"\x01\xff\x00",
        ] {
            assert_eq!(
                read(&frame(damaged)),
                Err(FrameError::Headers),
                "{damaged:?}"
            );
        }
        let prelude = |frame: u32, headers: u32| {
            let mut bytes = [frame.to_be_bytes(), headers.to_be_bytes()].concat();
            bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
            read(&bytes)
        };
        for (frame, headers) in [(15, 0), (20, 8), (u32::MAX, 0), (1 << 24, 1 << 20)] {
            let refused = prelude(frame, headers);
            assert!(
                matches!(refused, Err(FrameError::Lengths { .. })),
                "{refused:?}"
            );
        }
        assert_eq!(prelude(100, 20), Ok(None));
    }
}
