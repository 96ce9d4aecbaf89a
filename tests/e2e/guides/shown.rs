//! Whether what came is what a page shows.

use crate::varying::plain;

/// Whether all lines are as they are shown.
pub(super) fn same(shown: &[String], came: &str, home: &str) -> bool {
    let shown: Vec<_> = trimmed(shown.iter().map(|line| plain(line, home)));
    let came: Vec<_> = trimmed(came.lines().map(|line| plain(line, home)));
    lines_match(&shown, &came)
}

/// Whether the lines that are shown have come, in their order, with others between them.
pub(super) fn among(shown: &[String], came: &str, home: &str) -> bool {
    let mut came = came.lines().map(|line| plain(line, home));
    let mut shown = trimmed(shown.iter().map(|line| plain(line, home))).into_iter();
    shown.all(|line| line == "…" || came.any(|came| matches(&line, &came)))
}

/// Without empty lines at the end.
fn trimmed(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn lines_match(shown: &[String], came: &[String]) -> bool {
    match (shown.split_first(), came.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "…" => {
            (0..=came.len()).any(|skipped| lines_match(rest, &came[skipped..]))
        }
        (Some((line, shown)), Some((first, came))) => {
            matches(line, first) && lines_match(shown, came)
        }
        _ => false,
    }
}

/// Whether a line is as it is shown, where `…` stands for anything.
fn matches(shown: &str, came: &str) -> bool {
    let Some((before, rest)) = shown.split_once('…') else {
        return shown == came;
    };
    let Some(came) = came.strip_prefix(before) else {
        return false;
    };
    let ends = came.char_indices().map(|(at, _)| at).chain([came.len()]);
    ends.into_iter().any(|at| matches(rest, &came[at..]))
}

#[cfg(test)]
mod tests {
    use super::{among, same};

    fn shown(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn is(text: &str, came: &str) -> bool {
        same(&shown(text), came, "/tmp/x")
    }

    #[test]
    fn what_differs_from_run_to_run_is_not_compared() {
        assert!(is(
            "ready hello in 1.12 s (cargo 1.10 s)",
            "ready hello in 0.4 s (cargo 0.31 s)\n"
        ));
        assert!(is("in /home/you/hello", "in /tmp/x/hello"));
        assert!(is("zip     1435221", "zip  99935221"));
        assert!(is("Finished in 21.83s", "Finished in 0.05s"));
        assert!(is("Finished in 21.83s", "Finished in 1m 08s"));
        let (one, two) = ("A".repeat(43) + "=", "b/".repeat(22));
        assert!(is(
            &format!("CodeSha256 {one}"),
            &format!("CodeSha256 {two}")
        ));
    }

    #[test]
    fn all_else_is() {
        assert!(!is("ready hello", "ready hallo"));
        assert!(!is("one", "one\ntwo"));
        assert!(!is("one\ntwo", "one"));
        assert!(!is("exit 65 of", "exit 64 of"));
        assert!(!is(r#"{"price": 12900}"#, r#"{"price": 12901}"#));
    }

    #[test]
    fn dots_stand_for_anything() {
        assert!(is("one\n…\nfour\n", "one\ntwo\nthree\nfour"));
        assert!(is("one\n…", "one"));
        assert!(is("a … d", "a b c d") && !is("a … d", "a b c"));
        assert!(!is("one\n…\nfive", "one\ntwo\nfour"));
    }

    #[test]
    fn a_server_may_say_more() {
        let says = |text: &str| among(&shown(text), "a\nb\nc 1.2 s\n", "/tmp/x");
        assert!(says("a\nc 0.1 s") && says("b"));
        assert!(!says("c 1.2 s\nb") && !says("d"));
    }
}
