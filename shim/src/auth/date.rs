//! Times as signatures carry them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A time to the second, in UTC; shown as `20261120T120000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmzDate {
    seconds: i64,
}

impl AmzDate {
    /// The second in which `time` lies; times that no date can express become the nearest one.
    pub fn of(time: SystemTime) -> Self {
        let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => signed(after.as_secs()),
            Err(before) => signed(before.duration().as_secs()).saturating_neg(),
        };
        Self::clamped(seconds)
    }

    /// The time that many seconds later (earlier, if negative).
    pub(super) fn plus(self, seconds: i64) -> Self {
        Self::clamped(self.seconds.saturating_add(seconds))
    }

    /// Reads `20261120T120000Z`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
        if bytes[8] != b'T' || bytes[15] != b'Z' {
            return None;
        }
        let number = |from: usize, to: usize| {
            bytes[from..to].iter().try_fold(0_i16, |number, digit| {
                let digit = digit.is_ascii_digit().then(|| i16::from(digit - b'0'))?;
                Some(number * 10 + digit)
            })
        };
        let two = |from| i8::try_from(number(from, from + 2)?).ok();
        let time = DateTime::new(
            number(0, 4)?,
            two(4)?,
            two(6)?,
            two(9)?,
            two(11)?,
            two(13)?,
            0,
        );
        Self::of_timestamp(Offset::UTC.to_timestamp(time.ok()?).ok()?)
    }

    /// Reads the form of HTTP's `Date` header.
    pub(super) fn parse_http(text: &str) -> Option<Self> {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        Self::of_timestamp(parser.parse_timestamp(text).ok()?)
    }

    /// Reads RFC 3339, as in `2026-11-20T12:00:00Z`.
    pub(super) fn parse_rfc3339(text: &str) -> Option<Self> {
        Self::of_timestamp(text.parse().ok()?)
    }

    fn of_timestamp(timestamp: Timestamp) -> Option<Self> {
        let seconds = timestamp.as_second();
        (seconds == Self::clamped(seconds).seconds).then_some(Self { seconds })
    }

    /// From the year 0 to the year 9999, so that it can be shown.
    fn clamped(seconds: i64) -> Self {
        Self {
            seconds: seconds.clamp(-62_167_219_200, 253_402_207_200),
        }
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = Timestamp::from_second(self.seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let time = Offset::UTC.to_datetime(timestamp);
        write!(f, "{:04}{:02}{:02}", time.year(), time.month(), time.day())?;
        write!(
            f,
            "T{:02}{:02}{:02}Z",
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::AmzDate;
    use std::time::{Duration, SystemTime};

    #[test]
    fn all_three_forms_mean_the_same() {
        let date = AmzDate::parse("20261120T120000Z");
        assert!(date.is_some());
        assert_eq!(date, AmzDate::parse_http("Fri, 20 Nov 2026 12:00:00 GMT"));
        assert_eq!(date, AmzDate::parse_rfc3339("2026-11-20T13:00:00.5+01:00"));
        assert_eq!(date.unwrap().to_string(), "20261120T120000Z");
        assert_eq!(date.unwrap().plus(-43_201).to_string(), "20261119T235959Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in [
            "",
            "20261120T120000",
            "20261120 120000Z",
            "20261320T120000Z",
            "20260230T120000Z",
            "2026112+T120000Z",
            "20261120T250000Z",
            "20261120T12000éZ",
        ] {
            assert_eq!(AmzDate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_clock_can_be_shown() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert!(AmzDate::of(far).to_string().starts_with("9999"));
        assert_eq!(AmzDate::of(far).plus(i64::MAX), AmzDate::of(far));
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(AmzDate::of(early).to_string(), "19691231T235959Z");
    }
}
