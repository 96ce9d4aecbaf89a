//! Several datagrams in one buffer, each after its length; and what all daemons call a level.

use tracing::Level;

/// Begins a datagram in a buffer of several.
pub(super) fn open(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; LENGTH]);
}

/// Ends the datagram that fills `out`.
pub(super) fn close(out: &mut [u8]) {
    if let Some((length, datagram)) = out.split_first_chunk_mut::<LENGTH>() {
        *length = (datagram.len() as u32).to_ne_bytes();
    }
}

/// Bytes before each datagram that tell its length.
pub(super) const LENGTH: usize = size_of::<u32>();

/// The first datagram in `chunk`, and the rest.
pub(super) fn split(chunk: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = chunk.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(u32::from_ne_bytes(*length) as usize)
}

/// The severity that syslog and the journal know a level by.
pub(super) fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}
