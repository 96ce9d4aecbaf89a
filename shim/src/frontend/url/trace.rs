//! Trace ids of AWS X-Ray.

use std::time::{SystemTime, UNIX_EPOCH};

/// A new `X-Amzn-Trace-Id`: `Root=1-<seconds in hex>-<96 random bits in hex>`.
///
/// For requests that bring none; one id goes into the event and into the invocation.
pub fn new_trace_id(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    // The format has 32 bits for the time.
    let seconds = since.as_secs() & u64::from(u32::MAX);
    let random = uuid::Uuid::new_v4().as_u128() & (u128::MAX >> 32);
    format!("Root=1-{seconds:08x}-{random:024x}")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::new_trace_id;

    #[test]
    fn a_trace_id_tells_its_second_and_is_new_each_time() {
        let now = UNIX_EPOCH + Duration::from_secs(0x5e6b_4a27);
        let id = new_trace_id(now);
        assert!(id.starts_with("Root=1-5e6b4a27-"), "{id}");
        assert_eq!(id.len(), "Root=1-".len() + 8 + 1 + 24);
        assert_ne!(id, new_trace_id(now));
        assert_eq!(new_trace_id(SystemTime::UNIX_EPOCH).len(), id.len());
    }
}
