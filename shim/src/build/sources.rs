//! The files that a plugin is built from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::PluginCrate;

/// The files that a plugin was built from, absolute, in order: what cargo wrote down beside
/// `built` (the sources of the crate, of its path dependencies, and what build scripts named), the
/// manifests, the lock file and cargo's configuration, as far as they exist.
///
/// Without a file that was built, as when the first build failed, all of the crate's `src` and its
/// build script stand in for what cargo would have written.
pub fn sources(plugin: &PluginCrate, built: Option<&Path>) -> Vec<PathBuf> {
    let noted = built.map(|file| file.with_extension("d"));
    let noted = noted.and_then(|path| fs::read_to_string(path).ok());
    let mut files: BTreeSet<PathBuf> = match noted {
        Some(text) => {
            let paths = prerequisites(&text).into_iter();
            paths.map(|path| plugin.workspace.join(path)).collect()
        }
        None => {
            let mut files = BTreeSet::new();
            all_in(&plugin.directory().join("src"), &mut files);
            files.insert(plugin.directory().join("build.rs"));
            files
        }
    };
    let mut folders: BTreeSet<PathBuf> = [plugin.directory(), &plugin.workspace]
        .map(Path::to_owned)
        .into();
    // A path dependency's manifest is above its sources.
    for file in &files {
        let mut above = file.ancestors().skip(1);
        folders.extend(
            above
                .find(|path| path.join("Cargo.toml").is_file())
                .map(Path::to_owned),
        );
    }
    for folder in folders {
        for name in [
            "Cargo.toml",
            "Cargo.lock",
            ".cargo/config.toml",
            "rust-toolchain.toml",
        ] {
            files.insert(folder.join(name));
        }
    }
    files.retain(|path| path.is_file());
    files.into_iter().collect()
}

fn all_in(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => all_in(&entry.path(), files),
            Ok(_) => drop(files.insert(entry.path())),
            Err(_) => {}
        }
    }
}

/// What stands behind the first colon of a rule of make: paths between spaces, with `\ ` for a
/// space and `\\` for nothing but itself.
fn prerequisites(text: &str) -> Vec<PathBuf> {
    let Some((_, list)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let (mut paths, mut path) = (Vec::new(), String::new());
    let mut chars = list.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&' ') => {
                chars.next();
                path.push(' ');
            }
            ' ' => paths.push(std::mem::take(&mut path)),
            char => path.push(char),
        }
    }
    paths.push(path);
    paths.retain(|path| !path.is_empty());
    paths.into_iter().map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::prerequisites;

    #[test]
    fn spaces_in_paths_are_understood() {
        let text = "/t/libx.so: /a/src/lib.rs /b\\ c/src/d.rs  /e\\f\n\n/other: /g\n";
        let paths = prerequisites(text);
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/a/src/lib.rs", "/b c/src/d.rs", "/e\\f"]);
        assert!(prerequisites("").is_empty());
    }
}
