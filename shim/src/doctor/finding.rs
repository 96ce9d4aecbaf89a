//! What a check says.

use serde::Serialize;

/// What a check says of one thing: in one line, with the way out if it is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, and, if it is not well, what will come of it: one line.
    pub message: String,
    /// What to do about it, with commands between backticks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Something that is not always needed will not work, or not as meant.
    Warn,
    /// Something that everybody needs does not work, or what was set is wrong.
    Fail,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Finding {
    /// All is well.
    pub(super) fn ok(message: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, message, None)
    }

    /// Something will not work, and not everybody needs it.
    pub(super) fn warn(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, message, Some(fix.into()))
    }

    /// Something does not work.
    pub(super) fn fail(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, message, Some(fix.into()))
    }

    /// As it is. Of a message of several lines the lines are joined.
    pub(super) fn new(verdict: Verdict, message: impl Into<String>, fix: Option<String>) -> Self {
        let message: String = message.into();
        let lines = message.lines().map(str::trim);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        Self {
            verdict,
            message: lines.join(" "),
            fix,
        }
    }
}

/// A number of bytes for people, rounded down.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut unit = "bytes";
    for larger in UNITS {
        if value < 1024 {
            break;
        }
        value /= 1024;
        unit = larger;
    }
    format!("{value} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{Finding, bytes};

    #[test]
    fn a_message_is_one_line() {
        let finding = Finding::ok("one\n  two\n\n three\n");
        assert_eq!(finding.message, "one two three");
    }

    #[test]
    fn bytes_are_told_in_the_largest_unit_that_fits() {
        for (number, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (5 << 20, "5 MiB"),
            ((3 << 30) - 1, "2 GiB"),
            (7 << 50, "7168 TiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }
}
