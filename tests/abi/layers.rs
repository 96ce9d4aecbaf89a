//! Each module of the shim uses only those that stand before it.

use crate::repository;
use crate::source::code;

/// From the waist outwards; `shim/src/lib.rs` tells the same.
const ORDER: [&str; 17] = [
    "invocation",
    "observe",
    "auth",
    "plugin",
    "gateway",
    "runtime_api",
    "engine",
    "events",
    "frontend",
    "server",
    "package",
    "build",
    "config",
    "doctor",
    "exit",
    "bootstrap",
    "cli",
];

#[test]
fn modules_use_only_what_stands_before_them() {
    let source = repository::root().join("shim/src");
    let mut violations = Vec::new();
    for file in repository::files(&source, ".rs") {
        let path = file.strip_prefix(&source).expect("below it");
        let module = path.iter().next().and_then(|first| first.to_str());
        let module = module.expect("a plain name").trim_end_matches(".rs");
        // The binary and the library's root use what they like.
        if ["lib", "main", "bin"].contains(&module) {
            continue;
        }
        let place = place(module)
            .unwrap_or_else(|| panic!("`{module}` has no place in tests/abi/layers.rs"));
        let code = code(&repository::read(&file)).join("\n");
        for (at, prefix) in code.match_indices("crate::") {
            for used in names(&code[at + prefix.len()..]) {
                if self::place(used).is_some_and(|used| used > place) {
                    let line = code[..at].matches('\n').count() + 1;
                    violations.push(format!("shim/src/{}:{line}: {used}", path.display()));
                }
            }
        }
    }
    assert!(
        violations.is_empty(),
        "\nA module uses only those before it in {ORDER:?}:\n{}\n",
        violations.join("\n")
    );
}

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

/// The modules that are named after `crate::`, be it one or several in braces.
fn names(path: &str) -> Vec<&str> {
    let end = |char: char| !char.is_alphanumeric() && char != '_';
    let name = |item: &str| item.find(end).unwrap_or(item.len());
    match path.strip_prefix('{') {
        None => vec![&path[..name(path)]],
        Some(list) => {
            let list = list.split("};").next().unwrap_or(list);
            let items = list.split(',').map(str::trim);
            items.map(|item| &item[..name(item)]).collect()
        }
    }
}

#[test]
fn paths_are_understood() {
    assert_eq!(names("plugin::{Handler, Place};"), ["plugin"]);
    assert_eq!(names("{config, observe::flush};"), ["config", "observe"]);
    let broken = "{\n    config::{A, B},\n    exit,\n};";
    assert_eq!(names(broken), ["config", "B", "exit", ""]);
    assert_eq!(names("exit;"), ["exit"]);
}
