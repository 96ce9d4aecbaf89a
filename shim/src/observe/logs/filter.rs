//! Reads a filter in the syntax of `RUST_LOG`.

use tracing_subscriber::filter::{LevelFilter, Targets};

const LEVELS: &str = "off, error, warn, info, debug, trace";

/// Reads a filter: parts with commas between, each a level (`info`), a target with a level
/// (`my_plugin=debug`) or a target alone (`my_plugin`: all of its levels). The longest target that
/// an event's target starts with decides; a level alone is for everything else, which is off
/// without one.
///
/// # Errors
///
/// Names the part that cannot be read and what was expected. An empty filter is an error too: it
/// would switch everything off, which `off` says more clearly.
pub fn parse_filter(text: &str) -> Result<Targets, FilterError> {
    let mut targets = Targets::new();
    let mut empty = true;
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        targets = match directive(part)? {
            (Some(target), level) => targets.with_target(target, level),
            (None, level) => targets.with_default(level),
        };
        empty = false;
    }
    if empty {
        return Err(FilterError::Empty);
    }
    Ok(targets)
}

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is nothing in it.
    #[error("empty log filter: write a level ({LEVELS}) or target=level")]
    Empty,
    /// What should be a level is none.
    #[error(
        "log filter {part:?}: {found:?} is no level ({LEVELS}){}",
        did_you_mean(.meant)
    )]
    NotALevel {
        /// The part of the filter.
        part: String,
        /// What stands where a level should.
        found: String,
        /// The level that was probably meant.
        meant: Option<&'static str>,
    },
    /// There is no target before the `=`.
    #[error("log filter {part:?}: no target before \"=\"")]
    NoTarget {
        /// The part of the filter.
        part: String,
    },
    /// Filters by span, field or message are not offered.
    #[error("log filter {part:?}: only target=level is possible, no spans, fields or patterns")]
    NotOffered {
        /// The part of the filter.
        part: String,
    },
}

fn did_you_mean(meant: &Option<&'static str>) -> String {
    meant.map_or_else(String::new, |level| format!("; did you mean {level:?}?"))
}

fn directive(part: &str) -> Result<(Option<&str>, LevelFilter), FilterError> {
    if part.contains(['[', ']', '{', '}', '/']) {
        let part = part.to_owned();
        return Err(FilterError::NotOffered { part });
    }
    let not_a_level = |found: &str, meant| FilterError::NotALevel {
        part: part.to_owned(),
        found: found.to_owned(),
        meant,
    };
    let Some((target, word)) = part.split_once('=') else {
        return match (level(part), meant(part)) {
            (Some(level), _) => Ok((None, level)),
            (None, Some(meant)) => Err(not_a_level(part, Some(meant))),
            (None, None) => Ok((Some(part), LevelFilter::TRACE)),
        };
    };
    let (target, word) = (target.trim(), word.trim());
    if target.is_empty() {
        let part = part.to_owned();
        return Err(FilterError::NoTarget { part });
    }
    let level = level(word).ok_or_else(|| not_a_level(word, meant(word)))?;
    Ok((Some(target), level))
}

fn level(word: &str) -> Option<LevelFilter> {
    // The parser below takes the empty word for "error".
    (!word.is_empty()).then(|| word.parse().ok()).flatten()
}

/// The level that somebody had in mind who wrote `word`: another system's name for it, or its own
/// with two letters swapped.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let sorted = |text: &str| {
        let mut letters = text.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    match &*word {
        "none" => Some("off"),
        "err" | "fatal" | "critical" | "panic" => Some("error"),
        "warning" | "warnings" => Some("warn"),
        "notice" | "information" => Some("info"),
        "verbose" | "dbg" => Some("debug"),
        "all" => Some("trace"),
        _ => LEVELS
            .split(", ")
            .find(|level| sorted(level) == sorted(&word)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_filter;
    use tracing::Level;

    fn message(text: &str) -> String {
        parse_filter(text).unwrap_err().to_string()
    }

    #[test]
    fn levels_and_targets_are_read_as_rust_log_has_them() {
        let filter = parse_filter("warn, my_plugin=debug,noisy=off,all_of_it").unwrap();
        assert!(filter.would_enable("other", &Level::WARN));
        assert!(!filter.would_enable("other", &Level::INFO));
        assert!(filter.would_enable("my_plugin::part", &Level::DEBUG));
        assert!(!filter.would_enable("noisy", &Level::ERROR));
        assert!(filter.would_enable("all_of_it", &Level::TRACE));

        let only_one = parse_filter("my_plugin=INFO").unwrap();
        assert!(!only_one.would_enable("other", &Level::ERROR));
    }

    #[test]
    fn mistakes_are_named_with_a_way_out() {
        assert_eq!(
            message("info,my_plugin=debgu"),
            "log filter \"my_plugin=debgu\": \"debgu\" is no level (off, error, warn, info, debug, \
             trace); did you mean \"debug\"?"
        );
        assert_eq!(
            message("warning"),
            "log filter \"warning\": \"warning\" is no level (off, error, warn, info, debug, \
             trace); did you mean \"warn\"?"
        );
        assert!(message("a=b=info").contains("\"b=info\" is no level"));
        assert!(message("a=").contains("\"\" is no level"));
        assert!(message("=info").contains("no target before"));
        assert!(message("a[{b}]=info").contains("only target=level is possible"));
        assert!(message(" , ").starts_with("empty log filter"));
    }
}
