//! Unsafe code stands on its islands only, and each piece of it says on what it relies.

use std::collections::BTreeSet;

use crate::repository;
use crate::source::code;

/// Where unsafe code may stand; `docs/safety.md` says why.
const ISLANDS: [&str; 2] = ["plugin-api/abi/", "shim/src/plugin/"];

/// Where unsafe attributes may stand: the macro that exports a handler.
const ATTRIBUTES: &str = "plugin-api/src/export.rs";

/// Not code of ours: kept copies, the tests' own plugins, and what compilers must refuse.
const APART: [&str; 3] = [
    "tests/abi/kept/",
    "tests/abi/probe/",
    "plugin-api/tests/ui/",
];

/// All Rust files with their paths from the root.
fn sources() -> Vec<(String, String)> {
    let root = repository::root();
    let mut sources = Vec::new();
    for member in ["plugin-api", "shim", "example-plugin", "tests"] {
        for file in repository::files(&root.join(member), ".rs") {
            let path = file.strip_prefix(root).expect("below the root");
            let path = path.to_str().expect("a plain name").to_owned();
            if !APART.iter().any(|apart| path.starts_with(apart)) {
                sources.push((path, repository::read(&file)));
            }
        }
    }
    sources
}

fn has_word(line: &str, word: &str) -> bool {
    let in_word = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(in_word) && !line[at + word.len()..].starts_with(in_word)
    })
}

#[test]
fn unsafe_code_stands_on_its_islands() {
    let mut elsewhere = Vec::new();
    for (path, text) in sources() {
        if ISLANDS.iter().any(|island| path.starts_with(island)) {
            continue;
        }
        for (number, line) in code(&text).iter().enumerate() {
            let attribute = path == ATTRIBUTES && line.trim_start().starts_with("#[unsafe(");
            if has_word(line, "unsafe") && !attribute {
                elsewhere.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(
        elsewhere.is_empty(),
        "\nUnsafe code outside of {ISLANDS:?} (docs/safety.md):\n{}\n",
        elsewhere.join("\n")
    );
}

#[test]
fn every_member_keeps_the_lint() {
    let root = repository::read(&repository::root().join("Cargo.toml"));
    assert!(
        root.contains("unsafe_code = \"deny\""),
        "Cargo.toml has lost the lint"
    );
    let root: toml::Table = root.parse().expect("a manifest");
    for member in root["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a path");
        let manifest = repository::root().join(member).join("Cargo.toml");
        let manifest: toml::Table = repository::read(&manifest).parse().expect("a manifest");
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        assert_eq!(
            lints,
            Some(&true.into()),
            "{member}/Cargo.toml lacks `[lints] workspace = true`"
        );
    }
}

/// The invariants of `docs/safety.md`: `**I1. …**` begins one.
fn invariants() -> BTreeSet<String> {
    let text = repository::read(&repository::root().join("docs/safety.md"));
    let starts = text.lines().filter_map(|line| line.strip_prefix("**I"));
    let numbers = starts.filter_map(|rest| Some(format!("I{}", rest.split_once('.')?.0)));
    numbers.collect()
}

/// The invariants that a text cites, as in `(I3)`.
fn cited(text: &str) -> BTreeSet<String> {
    let after = text
        .match_indices("(I")
        .filter_map(|(at, _)| text[at + 1..].split_once(')'));
    let names = after.map(|(name, _)| name.to_owned());
    names
        .filter(|name| name[1..].parse::<u32>().is_ok())
        .collect()
}

#[test]
fn every_safety_comment_cites_an_invariant() {
    let known = invariants();
    assert!(!known.is_empty(), "docs/safety.md numbers no invariants");
    let mut all_cited = BTreeSet::new();
    for (path, text) in sources() {
        if !ISLANDS.iter().any(|island| path.starts_with(island)) {
            continue;
        }
        let of_file = cited(&text);
        let unknown: Vec<_> = of_file.difference(&known).collect();
        assert!(
            unknown.is_empty(),
            "{path} cites {unknown:?}, which docs/safety.md lacks"
        );
        all_cited.extend(of_file);
        let lines: Vec<_> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(start) = line.trim_start().strip_prefix("// SAFETY: ") else {
                continue;
            };
            let relies = !cited(line).is_empty()
                || start.starts_with("the caller's promise")
                || start.starts_with("as above");
            assert!(
                relies,
                "{path}:{}: a SAFETY comment cites an invariant, as in `(I3)`, or \"the caller's \
                 promise\"",
                number + 1
            );
        }
    }
    let unused: Vec<_> = known.difference(&all_cited).collect();
    assert!(
        unused.is_empty(),
        "docs/safety.md has {unused:?}, which no code cites"
    );
}
