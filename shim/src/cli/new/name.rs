//! Whether a name can be that of a crate, and one that can.

/// The longest name: that of a function in AWS Lambda, in characters.
const MAX: usize = 64;

/// Names that Rust, cargo or a function's dependencies have.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "aws_lambda_events",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "plugin_api",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "serde_json",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tracing",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Why `name` cannot be a crate's, if so.
pub(super) fn refusal(name: &str) -> Option<String> {
    let odd = |c: &char| !(c.is_ascii_alphanumeric() || *c == '-' || *c == '_');
    if name.is_empty() {
        Some("it is empty".to_owned())
    } else if let Some(odd) = name.chars().find(odd) {
        Some(format!(
            "it has {odd:?}; letters of ASCII, digits, `-` and `_` may be in it"
        ))
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some("it does not start with a letter".to_owned())
    } else if name.len() > MAX {
        Some(format!(
            "it has {} characters, {MAX} may be in it",
            name.len()
        ))
    } else if TAKEN.contains(&name.to_ascii_lowercase().replace('-', "_").as_str()) {
        Some("Rust, cargo or a crate that the function needs has this name".to_owned())
    } else {
        None
    }
}

/// A name much like `name` that can be a crate's.
pub(super) fn suggestion(name: &str) -> String {
    let last = name
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(name);
    let mut plain = String::new();
    for c in last.trim_end_matches(".rs").chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => plain.push(c.to_ascii_lowercase()),
            _ if plain.ends_with('-') => {}
            _ => plain.push('-'),
        }
    }
    let plain = plain.trim_matches(['-', '_']);
    let mut plain: String = plain.chars().take(MAX - "function-".len()).collect();
    if plain.is_empty() {
        plain.push_str("hello");
    }
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain.insert_str(0, "function-");
    }
    if refusal(&plain).is_some() {
        plain.push_str("-function");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{refusal, suggestion};

    #[test]
    fn names_of_crates_are_taken() {
        for name in ["hello", "order-2", "Big_One", "a"] {
            assert_eq!(refusal(name), None, "{name}");
        }
    }

    #[test]
    fn others_are_refused_with_a_name_that_is_not() {
        for (name, suggested) in [
            ("", "hello"),
            ("2fast", "function-2fast"),
            ("über", "ber"),
            ("hello world!", "hello-world"),
            ("functions/orders", "orders"),
            ("fn", "fn-function"),
            ("Test", "test-function"),
            ("plugin-api", "plugin-api-function"),
            ("-x", "x"),
            ("日本", "hello"),
            ("main.rs", "main"),
        ] {
            assert!(refusal(name).is_some(), "{name}");
            assert_eq!(suggestion(name), suggested);
            assert_eq!(refusal(suggested), None, "{suggested}");
        }
        let long = "x".repeat(65);
        assert!(refusal(&long).is_some());
        assert_eq!(refusal(&suggestion(&long)), None);
    }
}
