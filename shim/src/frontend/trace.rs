//! Traces of AWS X-Ray.

use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use crate::invocation::RequestId;

/// A trace that begins here, as `x-amzn-trace-id` has it: its number is made from that of `id`, which is
/// a random one of ours.
pub(super) fn begin(id: &RequestId) -> HeaderValue {
    const SECONDS: usize = "Root=1-".len();
    const NUMBER: usize = SECONDS + "00000000-".len();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // 32 bits, as AWS's.
    let mut seconds = since.unwrap_or_default().as_secs() as u32;
    let mut text = *b"Root=1-00000000-000000000000000000000000;Sampled=0";
    for place in text[SECONDS..SECONDS + 8].iter_mut().rev() {
        *place = b"0123456789abcdef"[(seconds & 15) as usize];
        seconds >>= 4;
    }
    if let Some(id) = id.as_bytes().first_chunk::<28>() {
        // The hyphens of a UUID stand behind 8, 4, 4 and 4 digits.
        let number = &mut text[NUMBER..NUMBER + 24];
        number[..8].copy_from_slice(&id[..8]);
        number[8..12].copy_from_slice(&id[9..13]);
        number[12..16].copy_from_slice(&id[14..18]);
        number[16..20].copy_from_slice(&id[19..23]);
        number[20..].copy_from_slice(&id[24..]);
    }
    // It is visible ASCII.
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::{RequestId, begin};

    #[test]
    fn a_trace_is_made_from_the_time_and_the_request_id() {
        let id = RequestId::parse("01234567-89ab-4cde-8f01-23456789abcd").unwrap();
        let trace = begin(&id);
        let (root, sampled) = trace.to_str().unwrap().split_once(';').unwrap();
        assert_eq!(sampled, "Sampled=0");
        let parts: Vec<_> = root.split('-').collect();
        assert_eq!((parts[0], parts[2]), ("Root=1", "0123456789ab4cde8f012345"));
        let seconds = u64::from_str_radix(parts[1], 16).unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_secs();
        assert!(parts[1].len() == 8 && now - seconds < 600, "{root}");
    }
}
