//! Wrong use is a readable compile error, right use compiles without a warning.
//!
//! Each file in `ui/fail`, `ui/tower` and `ui/symbols` begins with a phrase that its error must contain. For
//! those in the first two the whole text is in the `.stderr` beside it; since compilers word their part
//! differently, it is compared only with the compiler that it was made with.
//! `TRYBUILD=overwrite cargo test -p plugin-api --features tower --test wrong_use` renews it. The errors in
//! `ui/symbols` come from the code generator, which names either of two places. Those in `ui/tower` are
//! about the feature of this name, and are looked at when it is on.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler that the `.stderr` files were made with.
const SNAPSHOTS: &str = "rustc 1.95.0 ";

/// The cases that are compared with snapshots.
const KINDS: &[&str] = if cfg!(feature = "tower") {
    &["fail", "tower"]
} else {
    &["fail"]
};

/// Where the second process finds the cases without their snapshots.
const BARE_CASES: &str = "WRONG_USE_BARE_CASES";

#[test]
fn wrong_use_is_a_readable_compile_error() {
    if let Some(folder) = std::env::var_os(BARE_CASES) {
        return compile(Path::new(&folder));
    }
    let ui = Path::new("tests/ui");
    let symbols = cases(&ui.join("symbols"));
    if is_snapshot_compiler() {
        compile(ui);
        for kind in KINDS {
            assert_phrases(&ui.join(kind));
        }
        compile_without_snapshots(&symbols);
    } else {
        let mut fail = symbols;
        for kind in KINDS {
            fail.extend(cases(&ui.join(kind)));
        }
        compile_without_snapshots(&fail);
    }
}

/// Without snapshots trybuild writes them, if told to by its environment: it is them that are
/// looked at then.
fn compile_without_snapshots(fail: &[PathBuf]) {
    let bare = tempfile::tempdir().unwrap();
    for (kind, cases) in [
        ("fail", fail),
        // With these the others are built too, not only checked.
        ("pass", &cases(Path::new("tests/ui/pass"))),
    ] {
        let to = bare.path().join(kind);
        fs::create_dir(&to).unwrap();
        for case in cases {
            fs::copy(case, to.join(case.file_name().unwrap())).unwrap();
        }
    }
    let done = Command::new(std::env::current_exe().unwrap())
        .env("TRYBUILD", "overwrite")
        .env(BARE_CASES, bare.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{text}");
    assert_phrases(&bare.path().join("fail"));
}

fn compile(folder: &Path) {
    let trybuild = trybuild::TestCases::new();
    trybuild.pass(folder.join("pass/*.rs"));
    for kind in KINDS {
        if folder.join(kind).exists() {
            trybuild.compile_fail(folder.join(kind).join("*.rs"));
        }
    }
}

fn is_snapshot_compiler() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    version.stdout.starts_with(SNAPSHOTS.as_bytes())
}

fn assert_phrases(folder: &Path) {
    for case in cases(folder) {
        let name = case.display();
        let source = fs::read_to_string(&case).unwrap();
        let phrase = source
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//~ "));
        let phrase = phrase.unwrap_or_else(|| panic!("no phrase in {name}"));
        let error = fs::read_to_string(case.with_extension("stderr")).unwrap();
        // A long message is broken into lines.
        let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            error.contains(phrase),
            "`{phrase}` is not in the error of {name}:\n{error}"
        );
    }
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}
