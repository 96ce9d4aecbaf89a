//! Wrong use is a readable compile error, right use compiles without a warning.
//!
//! Each file in `ui/fail` begins with a phrase that its error must contain. The whole text is in
//! the `.stderr` beside it; since compilers word their part differently, it is compared only with
//! the compiler that it was made with. `TRYBUILD=overwrite cargo test --test wrong_use` renews it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler that the `.stderr` files were made with.
const SNAPSHOTS: &str = "rustc 1.95.0 ";

/// Where the second process finds the cases without their snapshots.
const BARE_CASES: &str = "WRONG_USE_BARE_CASES";

#[test]
fn wrong_use_is_a_readable_compile_error() {
    if let Some(folder) = std::env::var_os(BARE_CASES) {
        return compile(Path::new(&folder));
    }
    let ui = Path::new("tests/ui");
    if is_snapshot_compiler() {
        compile(ui);
        assert_phrases(ui);
        return;
    }
    // Without snapshots trybuild writes them, if told to: that is what is looked at then.
    let bare = tempfile::tempdir().unwrap();
    for kind in ["fail", "pass"] {
        let to = bare.path().join(kind);
        fs::create_dir(&to).unwrap();
        for case in cases(&ui.join(kind)) {
            fs::copy(&case, to.join(case.file_name().unwrap())).unwrap();
        }
    }
    let done = Command::new(std::env::current_exe().unwrap())
        .env("TRYBUILD", "overwrite")
        .env(BARE_CASES, bare.path())
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_phrases(bare.path());
}

fn compile(folder: &Path) {
    let trybuild = trybuild::TestCases::new();
    trybuild.pass(folder.join("pass/*.rs"));
    trybuild.compile_fail(folder.join("fail/*.rs"));
}

fn is_snapshot_compiler() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    version.stdout.starts_with(SNAPSHOTS.as_bytes())
}

fn assert_phrases(folder: &Path) {
    for case in cases(&folder.join("fail")) {
        let source = fs::read_to_string(&case).unwrap();
        let phrase = source
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//~ "));
        let phrase = phrase.unwrap_or_else(|| panic!("no phrase in {}", case.display()));
        let error = fs::read_to_string(case.with_extension("stderr")).unwrap();
        // A long message is broken into lines.
        let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            error.contains(phrase),
            "`{phrase}` is not in the error of {}:\n{error}",
            case.display()
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
