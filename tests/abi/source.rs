//! Rust source, as far as these tests have to understand it.

/// The file's code, line by line, without comments and without what stands in quotes.
pub(crate) fn code(text: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#") => raw_string(rest),
            '"' => string(rest),
            '\'' => char_literal(rest),
            _ => 0,
        };
        let skipped = &rest[..skip];
        for _ in skipped.matches('\n') {
            lines.push(std::mem::take(&mut line));
        }
        rest = &rest[skip..];
        if skip == 0 {
            rest = &rest[first.len_utf8()..];
            match first {
                '\n' => lines.push(std::mem::take(&mut line)),
                other => line.push(other),
            }
        }
    }
    lines.push(line);
    lines
}

/// The length of the string that `text` starts with.
fn string(text: &str) -> usize {
    let mut escaped = true;
    for (at, char) in text.char_indices() {
        match char {
            '"' if !escaped => return at + 1,
            '\\' if !escaped => escaped = true,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of the raw string that `text` starts with; 0 for a raw identifier.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|char| *char == '#').count();
    if text.as_bytes().get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 2;
    text[start..]
        .find(&end)
        .map_or(text.len(), |at| start + at + end.len())
}

/// The length of the character that `text` starts with; 0 for a lifetime.
fn char_literal(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, _))) => text[escaped + 1..]
            .find('\'')
            .map_or(text.len(), |end| escaped + end + 2),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 0,
    }
}

#[test]
fn comments_and_quotes_are_no_code() {
    let text = "a \"unsafe \\\" b\" // unsafe\n'\"' 'x' /* unsafe\n */ r#\"unsafe\"# '\\'' &'a c\n";
    let code = code(text);
    assert_eq!(code, ["a  ", "  ", "   &'a c", ""]);
}
