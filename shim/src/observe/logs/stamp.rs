//! The time at the start of a line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Writes times as `2026-11-21T02:04:16.123456Z`, in UTC.
///
/// The part up to the second is computed once a second (on each thread), the rest each time.
#[derive(Debug)]
pub(super) struct Stamp {
    second: Option<u64>,
    text: [u8; Stamp::MICROS],
}

impl Stamp {
    /// The length of a time in microseconds.
    pub(super) const MICROS: usize = "2026-11-21T02:04:16.123456Z".len();
    const MILLIS: usize = "2026-11-21T02:04:16.123Z".len();
    const SECONDS: usize = "2026-11-21T02:04:16.".len();

    /// The time now, in microseconds.
    pub(super) fn micros(&mut self) -> &[u8; Self::MICROS] {
        self.set(since_epoch());
        &self.text
    }

    /// The time now, in milliseconds.
    pub(super) fn millis(&mut self) -> [u8; Self::MILLIS] {
        self.set(since_epoch());
        self.in_millis()
    }

    fn set(&mut self, time: Duration) {
        if self.second != Some(time.as_secs()) {
            self.turn(time.as_secs());
        }
        let mut rest = time.subsec_micros();
        for digit in self.text[Self::SECONDS..Self::MICROS - 1].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }

    fn in_millis(&self) -> [u8; Self::MILLIS] {
        let mut text = [b'Z'; Self::MILLIS];
        text[..Self::MILLIS - 1].copy_from_slice(&self.text[..Self::MILLIS - 1]);
        text
    }

    /// Another second began.
    fn turn(&mut self, second: u64) {
        self.second = Some(second);
        let known = i64::try_from(second).ok();
        let time = known.and_then(|second| jiff::Timestamp::from_second(second).ok());
        // A clock beyond the year 9999 shows the epoch.
        let text = time.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string();
        if let Some(seconds) = text.as_bytes().first_chunk::<{ Self::SECONDS }>() {
            self.text[..Self::SECONDS].copy_from_slice(seconds);
            self.text[Self::SECONDS - 1] = b'.';
        }
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self {
            second: None,
            text: *b"0000-00-00T00:00:00.000000Z",
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
            stamp.set(Duration::from_micros(micros));
            let text = match digits {
                3 => stamp.in_millis().to_vec(),
                _ => stamp.text.to_vec(),
            };
            String::from_utf8(text).unwrap()
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
