//! The boundary as it is, compared with the boundary as it was promised.

mod layout;
mod numbers;
mod record;

use std::path::PathBuf;

use plugin_api_abi::ABI_VERSION;

use crate::repository;
use record::{Difference, Record};

const COMMAND: &str = "cargo test -p shim --test abi golden";

fn current() -> Record {
    Record {
        constants: numbers::constants(),
        types: layout::types(),
    }
}

fn file(version: &str) -> PathBuf {
    repository::root().join(format!("tests/golden/abi-{version}.txt"))
}

/// The versions `(major, minor)` that have a golden file.
fn recorded() -> Vec<(u32, u32)> {
    let files = repository::files(&repository::root().join("tests/golden"), ".txt");
    let names = files.iter().filter_map(|path| path.file_stem()?.to_str());
    let versions = names.filter_map(|name| name.strip_prefix("abi-"));
    versions.map(repository::major_minor).collect()
}

#[test]
#[cfg_attr(
    not(target_pointer_width = "64"),
    ignore = "sizes are recorded for 64 bits"
)]
fn the_boundary_is_as_recorded() {
    let (major, minor) = repository::major_minor(ABI_VERSION);
    let version = format!("{major}.{minor}");
    let path = file(&version);
    let shown = format!("tests/golden/abi-{version}.txt");
    let update = std::env::var("UPDATE_GOLDEN").unwrap_or_default();
    if update == "overwrite" || (update == "1" && !path.exists()) {
        std::fs::write(&path, current().render(&version)).expect("the golden file can be written");
    }
    assert!(
        path.exists(),
        "\nThe ABI has the version {ABI_VERSION}, but {shown} does not exist.\n\
         Write it with `UPDATE_GOLDEN=1 {COMMAND}`, look at it, and commit it. Keep the older files.\n"
    );
    let difference = Record::parse(&repository::read(&path)).compare(&current());
    assert!(
        difference == Difference::default(),
        "{}",
        explain(&shown, &difference)
    );
}

fn explain(file: &str, difference: &Difference) -> String {
    let all: Vec<_> = [&difference.breaks, &difference.additions]
        .into_iter()
        .flatten()
        .map(|line| format!("    {line}\n"))
        .collect();
    let all = all.concat();
    let (digit, effect) = if difference.breaks.is_empty() {
        ("minor", "plugins that are out there go on working")
    } else {
        (
            "major",
            "every plugin that is out there is refused and must be built again",
        )
    };
    format!(
        "\nThe boundary differs from {file}, which is a promise (docs/abi.md):\n\n{all}\n\
         If that was not meant: take it back. A function goes to the end of `HandlerMod` or `HostApi`,\n\
         data becomes a new tag.\n\
         If it was: raise the {digit} number in plugin-api/abi/Cargo.toml ({effect}),\n\
         then `UPDATE_GOLDEN=1 {COMMAND}`, and keep {file}.\n\
         Only while this version was never released: `UPDATE_GOLDEN=overwrite {COMMAND}`.\n"
    )
}

#[test]
#[cfg_attr(
    not(target_pointer_width = "64"),
    ignore = "sizes are recorded for 64 bits"
)]
fn what_older_versions_promised_still_holds() {
    let (major, minor) = repository::major_minor(ABI_VERSION);
    let all = recorded();
    assert!(
        all.iter().all(|version| *version <= (major, minor)),
        "tests/golden has a version above {ABI_VERSION}"
    );
    let older = |version: &(u32, u32)| version.0 == major && version.1 < minor;
    for (major, older) in all.into_iter().filter(older) {
        let version = format!("{major}.{older}");
        let difference = Record::parse(&repository::read(&file(&version))).compare(&current());
        assert!(
            difference.breaks.is_empty(),
            "\nThe boundary breaks what ABI {version} promised:\n\n    {}\n\n\
             Take it back, or raise the major number in plugin-api/abi/Cargo.toml (docs/abi.md).\n",
            difference.breaks.join("\n    ")
        );
    }
}
