//! Writes metrics as text.

use std::fmt::Write;

use super::family::{Family, Kind};
use super::format::Format;
use super::function::Durations;
use super::shards::BUCKETS;

/// Writes the samples of a gauge; see [`gauge_fn`](super::Metrics::gauge_fn).
#[derive(Debug)]
pub struct Writer<'a> {
    format: Format,
    out: &'a mut String,
    name: &'static str,
    suffix: &'static str,
}

/// A sample's value.
enum Number {
    Whole(u64),
    Real(f64),
}

/// A label's name and its value, which may hold anything.
type Label<'a> = (&'static str, &'a str);

impl<'a> Writer<'a> {
    pub(super) fn new(format: Format, out: &'a mut String) -> Self {
        Self {
            format,
            out,
            name: "",
            suffix: "",
        }
    }

    /// Begins a family: its samples follow.
    pub(super) fn family(&mut self, family: &Family) {
        let Family { name, kind, help } = *family;
        let suffix = match kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        // Prometheus' own format has no families: there all goes by the samples' names.
        let (shown, kind) = match (self.format, kind) {
            (Format::OpenMetrics, Kind::Info) => ("", "info"),
            (Format::OpenMetrics, Kind::Counter) => ("", "counter"),
            (Format::Prometheus, Kind::Counter) => (suffix, "counter"),
            (Format::Prometheus, Kind::Info) => (suffix, "gauge"),
            (_, Kind::Gauge) => (suffix, "gauge"),
            (_, Kind::Histogram) => (suffix, "histogram"),
        };
        (self.name, self.suffix) = (name, suffix);
        self.put(format_args!("# HELP {name}{shown} "));
        self.escape(help);
        self.put(format_args!("\n# TYPE {name}{shown} {kind}\n"));
    }

    /// Writes one sample with its labels: their names are letters and `_`, their values any text.
    pub fn gauge(&mut self, labels: &[(&'static str, &str)], value: f64) {
        self.sample(labels, Number::Real(value));
    }

    /// Writes one sample of the family.
    pub(super) fn whole(&mut self, labels: &[Label<'_>], value: u64) {
        self.sample(labels, Number::Whole(value));
    }

    fn sample(&mut self, labels: &[Label<'_>], value: Number) {
        self.series(self.suffix, labels, None);
        self.number(value);
    }

    /// Writes the samples of a histogram.
    pub(super) fn histogram(&mut self, labels: &[Label<'_>], durations: &Durations) {
        let ends = BUCKETS.iter().map(|(_, end)| *end).chain(["+Inf"]);
        let mut count = 0;
        for (end, alone) in ends.zip(durations.buckets) {
            count += alone;
            self.series("_bucket", labels, Some(end));
            self.number(Number::Whole(count));
        }
        self.series("_sum", labels, None);
        let (seconds, nanos) = (
            durations.nanos / 1_000_000_000,
            durations.nanos % 1_000_000_000,
        );
        self.put(format_args!("{seconds}.{nanos:09}\n"));
        self.series("_count", labels, None);
        self.number(Number::Whole(count));
    }

    /// Ends the whole text.
    pub(super) fn end(self) {
        if self.format == Format::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
    }

    /// Name and labels, with a bucket's end as the last one.
    fn series(&mut self, suffix: &str, labels: &[Label<'_>], le: Option<&str>) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
        let le = le.map(|end| ("le", end));
        let mut before = '{';
        for (name, value) in labels.iter().copied().chain(le) {
            self.put(format_args!("{before}{name}=\""));
            self.escape(value);
            self.out.push('"');
            before = ',';
        }
        if before == ',' {
            self.out.push('}');
        }
        self.out.push(' ');
    }

    fn number(&mut self, number: Number) {
        match number {
            Number::Whole(number) => self.put(format_args!("{number}\n")),
            Number::Real(f64::INFINITY) => self.out.push_str("+Inf\n"),
            Number::Real(f64::NEG_INFINITY) => self.out.push_str("-Inf\n"),
            // What is no number is `NaN` in both.
            Number::Real(number) => self.put(format_args!("{number}\n")),
        }
    }

    /// Appends text so that it ends neither the line nor the quotes around it.
    fn escape(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '\\' => self.out.push_str("\\\\"),
                '"' => self.out.push_str("\\\""),
                '\n' => self.out.push_str("\\n"),
                _ => self.out.push(char),
            }
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = self.out.write_fmt(text);
    }
}
