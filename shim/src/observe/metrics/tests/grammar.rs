//! A strict reader of Prometheus' text format and of OpenMetrics, as far as they are used here.

use std::collections::{BTreeMap, BTreeSet};

use super::Format;

/// The values by series: `name{label=value,label=value}`, label values as they are meant.
pub(super) type Samples = BTreeMap<String, f64>;

/// Reads the whole text; panics at whatever the format does not allow.
pub(super) fn check(text: &str, format: Format) -> Samples {
    assert!(text.ends_with('\n'), "the last line ends, too");
    let mut text = text;
    if format == Format::OpenMetrics {
        text = text.strip_suffix("# EOF\n").expect("an end");
    }
    let (mut samples, mut families) = (Samples::new(), BTreeSet::new());
    let mut lines = text.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").expect("a family begins");
        let (family, help) = help.split_once(' ').expect("some help");
        assert!(is_name(family) && !help.is_empty() && unescape(help).is_some());
        let kind = lines.next().expect("a type after the help");
        let kind = kind.strip_prefix("# TYPE ").expect("a type after the help");
        let (name, kind) = kind.split_once(' ').expect("a name and a type");
        assert_eq!(name, family);
        assert!(families.insert(family), "each family stands once: {family}");

        let mut own = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let sample = Sample::parse(line).unwrap_or_else(|| panic!("not a sample: {line}"));
            own.push(sample);
        }
        let suffixes: &[&str] = match (format, kind) {
            (_, "histogram") => &["_bucket", "_sum", "_count"],
            (Format::OpenMetrics, "counter") => &["_total"],
            (Format::OpenMetrics, "info") => &["_info"],
            (_, "gauge") | (Format::Prometheus, "counter") => &[""],
            _ => panic!("no such type: {kind}"),
        };
        if format == Format::Prometheus && kind == "counter" {
            assert!(family.ends_with("_total"));
        }
        for sample in &own {
            let suffix = sample.name.strip_prefix(family).expect("its family's name");
            assert!(suffixes.contains(&suffix), "{}", sample.name);
            assert!(kind == "gauge" || sample.value >= 0.0);
            let series = sample.series();
            let before = samples.insert(series.clone(), sample.value);
            assert_eq!(before, None, "each series stands once: {series}");
        }
        if kind == "histogram" {
            histogram(&own);
        }
    }
    samples
}

/// Each series has its buckets in order, which grow to its count, then its sum and its count.
fn histogram(samples: &[Sample]) {
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let labels = &first.labels[..first.labels.len() - 1];
        let (mut end, mut count) = (f64::NEG_INFINITY, 0.0);
        while end != f64::INFINITY {
            let (bucket, more) = rest.split_first().expect("a bucket");
            rest = more;
            assert!(bucket.name.ends_with("_bucket"));
            let (le, own) = bucket.labels.split_last().expect("labels");
            assert_eq!((own, &*le.0), (labels, "le"));
            let next = number(&le.1).expect("an end");
            assert!(next > end && bucket.value >= count);
            assert!(next.is_infinite() || le.1.contains('.'));
            (end, count) = (next, bucket.value);
        }
        let [sum, total, more @ ..] = rest else {
            panic!("sum and count");
        };
        assert!(sum.name.ends_with("_sum") && total.name.ends_with("_count"));
        assert_eq!((&*sum.labels, &*total.labels), (labels, labels));
        assert_eq!(total.value, count);
        rest = more;
    }
}

struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Sample {
    fn parse(line: &str) -> Option<Self> {
        let end = line.find(['{', ' '])?;
        let (name, mut rest) = line.split_at(end);
        let mut labels = Vec::new();
        if let Some(mut inner) = rest.strip_prefix('{') {
            loop {
                let (label, after) = inner.split_once("=\"")?;
                let (value, after) = quoted(after)?;
                let known = labels.iter().any(|(name, _)| name == label);
                (is_label(label) && !known).then_some(())?;
                labels.push((label.to_owned(), unescape(value)?));
                inner = after;
                if let Some(after) = inner.strip_prefix('}') {
                    rest = after;
                    break;
                }
                inner = inner.strip_prefix(',')?;
            }
        }
        let value = number(rest.strip_prefix(' ')?)?;
        is_name(name).then_some(Self {
            name: name.to_owned(),
            labels,
            value,
        })
    }

    fn series(&self) -> String {
        let labels = self
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let labels: Vec<_> = labels.collect();
        if labels.is_empty() {
            self.name.clone()
        } else {
            format!("{}{{{}}}", self.name, labels.join(","))
        }
    }
}

/// What stands before the first quote without a backslash, and what stands behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return Some((&text[..at], &text[at + 1..])),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    None
}

fn unescape(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        plain.push(match char {
            '\\' => match chars.next()? {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            },
            _ => char,
        });
    }
    Some(plain)
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|char: char| char.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
}

fn is_label(name: &str) -> bool {
    is_name(name) && !name.contains(':') && !name.starts_with("__")
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => {
            let plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
            text.bytes().all(plain).then(|| text.parse().ok())?
        }
    }
}
