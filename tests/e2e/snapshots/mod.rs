//! What the commands tell, held against the files of this folder: every `--help`, and every report in
//! text.
//!
//! What differs from run to run or from machine to machine is replaced (`varying`). To write the files
//! anew, `UPDATE_GOLDEN=overwrite cargo test -p shim --test e2e -- snapshots story`; then look at the
//! difference, and commit it.
//!
//! `build` and `dev` need cargo; `story` has them.

mod help;
mod reports;

use std::fs;
use std::path::{Path, PathBuf};

use crate::varying::plain;

fn path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/snapshots");
    folder.join(format!("{name}.txt"))
}

/// What a report told, without what differs; `home` is the folder that it was made in.
pub(crate) fn told(report: &str, home: &Path) -> String {
    let home = home.display().to_string();
    let home = home.trim_end_matches('/');
    let lines = report.lines().map(|line| plain(line, home) + "\n");
    let text: String = lines.collect();
    let names = ["x86_64", "amd64", "aarch64", "arm64"].into_iter();
    names.fold(text, |text, name| text.replace(name, "ARCH"))
}

/// Compares a text with its file, or writes the file if that is asked for.
#[track_caller]
pub(crate) fn check(name: &str, text: &str) {
    let path = path(name);
    let update = std::env::var("UPDATE_GOLDEN").unwrap_or_default();
    let kept = fs::read_to_string(&path);
    if update == "overwrite" || update == "1" && kept.is_err() {
        fs::write(&path, text).unwrap();
        return;
    }
    let kept = kept.unwrap_or_default();
    if kept == text {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (kept.lines().collect(), text.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    let at = same.count();
    let few = |lines: &[&str], mark: &str| {
        let lines = lines.iter().skip(at).take(5);
        lines
            .map(|line| format!("{mark} {line}\n"))
            .collect::<String>()
    };
    panic!(
        "\ntests/e2e/snapshots/{name}.txt differs from line {} on:\n\n{}{}\nIf that is meant, \
         `UPDATE_GOLDEN=overwrite cargo test -p shim --test e2e -- snapshots story`, look at the \
         difference, and commit it.\n",
        at + 1,
        few(&old, "-"),
        few(&new, "+"),
    );
}
