//! The time at the start of a line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::number;

/// Writes times as `2026-11-21T02:04:16.123456Z`, in UTC.
///
/// The part up to the second is computed once a second (on each thread), the rest each time.
#[derive(Debug)]
pub(super) struct Stamp {
    second: Option<u64>,
    prefix: [u8; Stamp::PREFIX],
}

impl Stamp {
    const PREFIX: usize = "2026-11-21T02:04:16.".len();

    /// The time now, in microseconds.
    pub(super) fn micros(&mut self, out: &mut Vec<u8>) {
        self.write(out, since_epoch(), 6);
    }

    /// The time now, in milliseconds.
    pub(super) fn millis(&mut self, out: &mut Vec<u8>) {
        self.write(out, since_epoch(), 3);
    }

    fn write(&mut self, out: &mut Vec<u8>, time: Duration, digits: usize) {
        if self.second != Some(time.as_secs()) {
            self.turn(time.as_secs());
        }
        let mut fraction = *b"000000Z";
        let mut rest = time.subsec_micros();
        for digit in fraction[..6].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        fraction[digits] = b'Z';
        out.extend_from_slice(&self.prefix);
        number::first(out, &fraction, digits + 1);
    }

    /// Another second began.
    fn turn(&mut self, second: u64) {
        self.second = Some(second);
        let known = i64::try_from(second).ok();
        let time = known.and_then(|second| jiff::Timestamp::from_second(second).ok());
        // A clock beyond the year 9999 shows the epoch.
        let text = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string();
        if let Some(prefix) = text.as_bytes().first_chunk::<{ Self::PREFIX }>() {
            self.prefix = *prefix;
            self.prefix[Self::PREFIX - 1] = b'.';
        }
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self {
            second: None,
            prefix: [b'0'; Self::PREFIX],
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Stamp;
    use std::time::Duration;

    #[test]
    fn times_are_utc_with_as_many_digits_as_asked_for() {
        let mut stamp = Stamp::default();
        let mut text = |micros: u64, digits| {
            let mut out = Vec::new();
            stamp.write(&mut out, Duration::from_micros(micros), digits);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            text(1_795_226_656_123_456, 6),
            "2026-11-21T02:04:16.123456Z"
        );
        assert_eq!(text(1_795_226_656_999_999, 3), "2026-11-21T02:04:16.999Z");
        assert_eq!(
            text(1_795_226_657_000_007, 6),
            "2026-11-21T02:04:17.000007Z"
        );
        assert_eq!(text(0, 3), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(u64::MAX, 3), "1970-01-01T00:00:00.551Z");
    }
}
