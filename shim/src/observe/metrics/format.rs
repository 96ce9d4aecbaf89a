//! The text forms that scrapers read.

/// A text form of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The form that a scraper likes best, by its `Accept` header: OpenMetrics when it is named and
    /// nothing known is liked better, Prometheus' own otherwise.
    pub fn negotiate(accept: Option<&str>) -> Self {
        let (mut open, mut plain) = (0.0, 0.0);
        for range in accept.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let liked: &mut f32 = match parts.next() {
                Some(name) if name.eq_ignore_ascii_case("application/openmetrics-text") => {
                    &mut open
                }
                Some(name) if name.eq_ignore_ascii_case("text/plain") => &mut plain,
                _ => continue,
            };
            let quality = parts.find_map(|part| part.strip_prefix("q="));
            let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok());
            *liked = liked.max(quality.unwrap_or(0.0));
        }
        if open > 0.0 && open >= plain {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// The `Content-Type` of an answer in this form.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format::{self, OpenMetrics, Prometheus};

    #[test]
    fn a_scraper_gets_what_it_likes_best() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,\
            text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
            */*;q=0.2";
        for (accept, format) in [
            (prometheus, OpenMetrics),
            ("Application/OpenMetrics-Text", OpenMetrics),
            (
                "application/openmetrics-text; q=0.5, text/plain; q=0.5",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text; q=0.5, text/plain",
                Prometheus,
            ),
            ("application/openmetrics-text;q=0", Prometheus),
            ("application/openmetrics-text;q=much", Prometheus),
            ("text/html, */*", Prometheus),
            ("", Prometheus),
        ] {
            assert_eq!(Format::negotiate(Some(accept)), format, "{accept}");
        }
        assert_eq!(Format::negotiate(None), Prometheus);
    }
}
