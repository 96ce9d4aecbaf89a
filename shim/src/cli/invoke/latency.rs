//! How long calls took: percentiles, and a histogram of a few lines.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

/// How many bars there are at most.
const BARS: usize = 10;
/// How long the longest one is, in characters.
const WIDTH: u64 = 40;

/// Times, sorted.
pub(super) struct Latencies(Vec<Duration>);

/// How many calls took so long.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Bar {
    /// From this on.
    from_ms: f64,
    /// Below this; the last bar: up to this.
    to_ms: f64,
    count: u64,
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Latencies {
    pub(super) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn mean(&self) -> Duration {
        let sum: Duration = self.0.iter().sum();
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        sum.checked_div(count).unwrap_or_default()
    }

    /// The time that so many percent of the calls did not exceed (nearest rank); `None` if there
    /// were none.
    pub(super) fn percentile(&self, percent: f64) -> Option<Duration> {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        let last = self.0.len().checked_sub(1)?;
        self.0.get(rank.saturating_sub(1).min(last)).copied()
    }

    /// Bars whose bounds grow by a factor, from the shortest time to the longest.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return Vec::new();
        };
        let (first, last) = (milliseconds(*first), milliseconds(*last));
        let bars = if last > first { BARS } else { 1 };
        let factor = (last / first.max(1e-6)).powf(1.0 / bars as f64);
        let mut bounds = (1..bars).map(|power| first.max(1e-6) * factor.powi(power as i32));
        let (mut from, mut begin, mut found) = (first, 0, Vec::with_capacity(bars));
        for _ in 0..bars {
            let (to, end) = match bounds.next() {
                Some(to) => (to, self.0.partition_point(|time| milliseconds(*time) < to)),
                None => (last, self.0.len()),
            };
            found.push(Bar {
                from_ms: from,
                to_ms: to,
                count: end.saturating_sub(begin) as u64,
            });
            (from, begin) = (to, end);
        }
        found
    }
}

/// A line for each bar.
pub(super) fn bars_text(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for bar in bars {
        // What there is at all is seen.
        let length = (bar.count * WIDTH).div_ceil(most) as usize;
        let _ = writeln!(
            text,
            "{:>9.3} – {:>9.3} ms  {:width$}  {}",
            bar.from_ms,
            bar.to_ms,
            "#".repeat(length),
            bar.count,
            width = WIDTH as usize
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(millis: impl IntoIterator<Item = u64>) -> Latencies {
        Latencies::new(millis.into_iter().map(Duration::from_millis).collect())
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let hundred = latencies((1..=100).rev());
        let percentile = |percent| hundred.percentile(percent).unwrap().as_millis();
        assert_eq!(
            [0.0, 50.0, 90.0, 99.0, 100.0].map(percentile),
            [1, 50, 90, 99, 100]
        );
        assert_eq!(hundred.mean(), Duration::from_micros(50_500));
        assert_eq!(
            latencies([7]).percentile(99.0),
            Some(Duration::from_millis(7))
        );
        assert_eq!(latencies([]).percentile(50.0), None);
        assert_eq!(latencies([]).mean(), Duration::ZERO);
    }

    #[test]
    fn each_call_is_in_one_bar() {
        for times in [
            latencies(1..=1000),
            latencies([3, 3, 3]),
            latencies([0, 5]),
            latencies([]),
        ] {
            let bars = times.bars();
            let sum: u64 = bars.iter().map(|bar| bar.count).sum();
            assert_eq!(sum, times.count(), "{bars:?}");
        }
        assert_eq!(latencies([3, 3, 3]).bars().len(), 1);
        assert_eq!(latencies(1..=1000).bars().len(), BARS);
    }

    #[test]
    fn the_longest_bar_is_as_wide_as_all() {
        let bar = |count| Bar {
            from_ms: 1.0,
            to_ms: 2.0,
            count,
        };
        let text = bars_text(&[bar(1), bar(1000), bar(0)]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0].matches('#').count(), 1);
        assert_eq!(lines[1].matches('#').count(), 40);
        assert_eq!(lines[2].matches('#').count(), 0);
        assert!(
            lines[0].starts_with("    1.000 –     2.000 ms  # "),
            "{text}"
        );
    }
}
