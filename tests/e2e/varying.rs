//! What differs from run to run and from machine to machine in what is told.

/// A line without folders, digests, ids, and, but in JSON, times and sizes. Where sizes stand in
/// columns, the spaces that line them up go, too.
pub(crate) fn plain(line: &str, home: &str) -> String {
    let line = line.trim_end().replace(home, "/home/you");
    if line.contains(['{', '"']) {
        return line;
    }
    let words: Vec<_> = line.split_whitespace().collect();
    let changed = words.iter().enumerate().map(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        match placeholder(word, next) {
            // With what stands around it.
            Some(stands) => word.replace(core(word), stands),
            None => (*word).to_owned(),
        }
    });
    let mut changed: Vec<_> = changed.collect();
    let in_columns = words.len() > 1 && words.last().is_some_and(|word| number(word));
    if changed == words && !in_columns && !line.contains(" bytes ") {
        return line;
    }
    // Minutes and seconds.
    changed.dedup_by(|one, other| one == "TIME" && other == "TIME");
    let indent = line.len() - line.trim_start().len();
    line[..indent].to_owned() + &changed.join(" ")
}

fn number(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

fn core(word: &str) -> &str {
    word.trim_matches(['(', ')', ',', ':'])
}

/// What stands for a word that differs; `next` is the word behind it.
fn placeholder(word: &str, next: &str) -> Option<&'static str> {
    const UNITS: [&str; 5] = ["s", "ms", "bytes", "MB", "a"];
    let core = core(word);
    if number(core) && (core.len() >= 4 || UNITS.contains(&self::core(next))) {
        return Some("NUMBER");
    }
    let stamp = core.ends_with('Z') && core.len() == "2026-11-20T10:00:00.000Z".len();
    if stamp || core.strip_suffix(['s', 'm']).is_some_and(number) {
        return Some("TIME");
    }
    let is_id = core.len() == 36 && core.matches('-').count() == 4;
    if is_id && core.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return Some("ID");
    }
    let digest = core.strip_prefix("sha256:").unwrap_or(core);
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let is_digest = digest.len() >= 43 && digest.chars().all(base64) && !digest.contains("//lib");
    is_digest.then_some("DIGEST")
}

#[test]
fn only_what_differs_is_replaced() {
    for (line, expected) in [
        (
            "ready a in 1.12 s (cargo 1.1 s)",
            "ready a in NUMBER s (cargo NUMBER s)",
        ),
        ("in /tmp/x/hello", "in /home/you/hello"),
        ("zip     1435221", "zip NUMBER"),
        ("    Finished in 1m 08s", "    Finished in TIME"),
        ("plugin     hello 0.1.0", "plugin     hello 0.1.0"),
        ("in columns     7", "in columns 7"),
        ("at 2026-11-20T10:00:00.000Z", "at TIME"),
        ("exit  65 of it", "exit  65 of it"),
        ("{\"price\": 12900}", "{\"price\": 12900}"),
    ] {
        assert_eq!(plain(line, "/tmp/x"), expected);
    }
}
