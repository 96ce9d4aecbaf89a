//! Entries and archives.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::entry::{in_order, included};
use super::{Effort, Entry, Include, MAX_UNPACKED, PackageError, archive};

fn tree(files: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    folder
}

fn include(folder: &Path, text: &str) -> Result<Vec<String>, PackageError> {
    let mut include = Include::parse(text);
    include.path = folder.join(include.path);
    let mut found = Vec::new();
    included(&include, &mut found)?;
    let entries = in_order(found)?;
    Ok(entries.into_iter().map(|entry| entry.name).collect())
}

#[test]
fn what_is_included_has_its_own_name_or_the_one_it_is_given() {
    let folder = tree(&["assets/b", "assets/a/c", "assets.txt", "x=y/z"]);
    fs::create_dir(folder.path().join("assets/empty")).unwrap();
    let names = |text| include(folder.path(), text).unwrap();
    assert_eq!(names("assets"), ["assets/a/c", "assets/b"]);
    assert_eq!(names("assets/"), ["assets/a/c", "assets/b"]);
    assert_eq!(names("assets/a/c"), ["c"]);
    assert_eq!(names("lib/x.so.1=assets.txt"), ["lib/x.so.1"]);
    assert_eq!(names("etc/=assets"), ["etc/a/c", "etc/b"]);
    assert_eq!(names("k=x=y"), ["k/z"]);
}

#[test]
fn names_stay_within_the_package() {
    let folder = tree(&["a"]);
    let reason = |text| match include(folder.path(), text).unwrap_err() {
        PackageError::BadName { reason, .. } => reason,
        other => panic!("{other}"),
    };
    assert_eq!(reason("=a"), "it is empty");
    assert_eq!(reason("/etc/a=a"), "it is absolute");
    assert_eq!(reason("x/../../a=a"), "it leads out of the package");
    assert_eq!(reason("x//a=a"), "it has an empty part");
    assert_eq!(reason("./a=a"), "it has an empty part");
    assert_eq!(
        reason("x\\a=a"),
        "it has a backslash or a control character"
    );
    assert_eq!(
        reason("x\na=a"),
        "it has a backslash or a control character"
    );
    let long = format!("{}=a", "x".repeat(4097));
    assert_eq!(reason(&long), "it is longer than 4096 bytes");
    let error = include(folder.path(), "..").unwrap_err();
    assert!(matches!(error, PackageError::NoName { .. }), "{error}");
}

fn entry(name: &str, source: &Path) -> Entry {
    Entry {
        name: name.to_owned(),
        source: source.to_owned(),
        mode: 0o644,
        size: 0,
        identity: (0, 0),
    }
}

#[test]
fn entries_are_in_the_order_of_their_bytes() {
    let names = ["b", "a/z", "a-b", "B", "\u{e4}"];
    let entries = names.map(|name| entry(name, Path::new("x")));
    let entries = in_order(entries.into()).unwrap();
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["B", "a-b", "a/z", "b", "\u{e4}"]);
}

#[test]
fn one_name_is_one_file() {
    for (first, second, name) in [("a", "a", "a"), ("a/b", "a", "a"), ("a/b/c", "a/b", "a/b")] {
        let entries = vec![entry(first, Path::new("x")), entry(second, Path::new("y"))];
        match in_order(entries).unwrap_err() {
            PackageError::Duplicate { name: found, .. } => assert_eq!(found, name),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_file_that_grows_beyond_the_limit_is_not_packed() {
    let folder = tree(&["large"]);
    let path = folder.path().join("large");
    let file = fs::File::options().write(true).open(&path).unwrap();
    // A hole: it takes no room.
    file.set_len(MAX_UNPACKED + 1).unwrap();
    let mut told = 0;
    let error = archive::pack(&[entry("large", &path)], Effort::Least, &mut |bytes| {
        told += bytes
    })
    .unwrap_err();
    assert!(matches!(error, PackageError::TooLarge { .. }), "{error}");
    assert_eq!(told, MAX_UNPACKED);
}
