//! How findings are told.

use std::fmt::Write as _;

use serde::Serialize;

use crate::doctor::{CHECKS, Check, Finding, Verdict};

const BOLD: &str = "1";

/// All that was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    checks: Vec<Item>,
    ok: usize,
    warn: usize,
    fail: usize,
}

/// One finding, and the check that made it.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    name: &'static str,
    #[serde(flatten)]
    finding: Finding,
}

/// A check, as it is listed.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    name: &'static str,
    about: &'static str,
}

/// All checks there are.
pub(super) fn list() -> Vec<Listed> {
    let listed = |check: &Check| Listed {
        name: check.name,
        about: check.about,
    };
    CHECKS.iter().map(listed).collect()
}

/// The same, for people.
pub(super) fn list_text() -> String {
    let lines = list().into_iter();
    let lines =
        lines.map(|check| format!("{:<width$}  {}\n", check.name, check.about, width = width()));
    lines.collect()
}

/// The room for names.
fn width() -> usize {
    let names = CHECKS.iter().map(|check| check.name.len());
    names.max().unwrap_or_default()
}

impl Item {
    pub(super) fn new(name: &'static str, finding: Finding) -> Self {
        Self { name, finding }
    }

    /// A line, and one for the fix.
    pub(super) fn text(&self, colours: bool) -> String {
        let Finding {
            verdict,
            message,
            fix,
        } = &self.finding;
        let word = format!("{:<4}", verdict.word());
        let code = match verdict {
            Verdict::Ok => "32",
            Verdict::Warn => "33;1",
            Verdict::Fail => "31;1",
        };
        let width = width();
        let word = painted(&word, code, colours);
        let mut text = format!("{word}  {:<width$}  {message}\n", self.name);
        if let Some(fix) = fix {
            let _ = writeln!(text, "{:1$}fix: {fix}", "", width + 8);
        }
        text
    }
}

impl Report {
    pub(super) fn add(&mut self, item: Item) {
        match item.finding.verdict {
            Verdict::Ok => self.ok += 1,
            Verdict::Warn => self.warn += 1,
            Verdict::Fail => self.fail += 1,
        }
        self.checks.push(item);
    }

    /// The worst that was found.
    pub(super) fn worst(&self) -> Verdict {
        match (self.fail, self.warn) {
            (0, 0) => Verdict::Ok,
            (0, _) => Verdict::Warn,
            _ => Verdict::Fail,
        }
    }

    /// The last line.
    pub(super) fn sum(&self, colours: bool) -> String {
        let warnings = match self.warn {
            1 => "1 warning".to_owned(),
            more => format!("{more} warnings"),
        };
        let failures = match self.fail {
            1 => "1 failure".to_owned(),
            more => format!("{more} failures"),
        };
        let sum = match self.worst() {
            Verdict::Ok => "nothing here will bite".to_owned(),
            Verdict::Warn => warnings,
            Verdict::Fail => format!("{failures}, {warnings}"),
        };
        format!("\n{}\n", painted(&sum, BOLD, colours))
    }
}

fn painted(text: &str, code: &str, colours: bool) -> String {
    match colours {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, Report};
    use crate::doctor::{Finding, Verdict};

    fn item(verdict: Verdict, fix: Option<&str>) -> Item {
        let finding = Finding {
            verdict,
            message: "what was found".to_owned(),
            fix: fix.map(str::to_owned),
        };
        Item::new("disk", finding)
    }

    #[test]
    fn a_finding_is_a_line_and_its_fix_one_below() {
        let well = item(Verdict::Ok, None).text(false);
        assert_eq!(well, "ok    disk       what was found\n");
        let bad = item(Verdict::Fail, Some("`rm -r target`")).text(false);
        let lines = "fail  disk       what was found\n                 fix: `rm -r target`\n";
        assert_eq!(bad, lines);
    }

    #[test]
    fn colours_are_around_the_verdict() {
        let text = item(Verdict::Warn, None).text(true);
        assert!(text.starts_with("\x1b[33;1mwarn\x1b[0m  disk "), "{text:?}");
    }

    #[test]
    fn the_last_line_counts() {
        let mut report = Report::default();
        report.add(item(Verdict::Ok, None));
        assert_eq!(report.sum(false), "\nnothing here will bite\n");
        report.add(item(Verdict::Warn, None));
        assert_eq!(report.sum(false), "\n1 warning\n");
        report.add(item(Verdict::Fail, None));
        report.add(item(Verdict::Fail, None));
        assert_eq!(report.sum(false), "\n2 failures, 1 warning\n");
        assert_eq!(report.worst(), Verdict::Fail);
    }
}
