//! The way out of each [`LoadError`].

use std::path::Path;

use super::LoadError;

const BUILD: &str = "`cargo build --release --lib`";
const CDYLIB: &str = "`[lib] crate-type = [\"cdylib\"]`";

impl LoadError {
    /// What to do about the error, where something general can be said: one line, to stand below
    /// the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound {
                similar: Some(path),
                ..
            } => format!("is it {}?", word(path)),
            Self::NotFound { similar: None, .. } => {
                format!("{BUILD} writes it to `target/release/lib<package>.so`")
            }
            Self::Directory {
                similar: Some(path),
                ..
            } => {
                format!("name the file: `--plugin {}`", word(path))
            }
            Self::Directory { similar: None, .. } => {
                format!("name the file itself; {BUILD} writes `target/release/lib<package>.so`")
            }
            Self::Unreadable { path, .. } => {
                format!("`namei -l {}` shows who may read it", word(path))
            }
            Self::Empty { path } | Self::Truncated { path, .. } => {
                let path = word(path);
                format!(
                    "a build or a copy was broken off or still runs; put a new file in place at \
                     once: `cp new.so {path}.new && mv {path}.new {path}`"
                )
            }
            Self::NotElf { .. } | Self::Executable { .. } | Self::NotASharedObject { .. } => {
                format!("a plugin is a library with {CDYLIB} in Cargo.toml, built by {BUILD}")
            }
            Self::Malformed { .. } | Self::DamagedInfo { .. } => format!("build it again: {BUILD}"),
            Self::WrongMachine { .. } => {
                format!(
                    "build it for this machine: `cargo build --release --lib --target {}`",
                    target()
                )
            }
            Self::NotAPlugin { .. } | Self::ExportsNoHandler { .. } => format!(
                "mark a function of the crate with `#[plugin_api::handler]`, set {CDYLIB} in \
                 Cargo.toml and run {BUILD}"
            ),
            Self::DuplicateHandler { .. } => "rename one of the two".to_owned(),
            Self::IncompatibleAbi { theirs, ours, .. } if theirs < ours => format!(
                "raise `plugin-api` in the plugin's Cargo.toml to a version for ABI {} and run \
                 {BUILD}, or use an older shim that speaks ABI {}",
                ours.line(),
                theirs.line()
            ),
            Self::IncompatibleAbi { theirs, ours, .. } => format!(
                "use a newer shim that speaks ABI {}, or lower `plugin-api` in the plugin's \
                 Cargo.toml to a version for ABI {} and run {BUILD}",
                theirs.line(),
                ours.line()
            ),
            Self::Glibc { system, .. } => format!(
                "build it on a system as old as this one, or with \
                 `cargo zigbuild --release --lib --target {}.{system}`",
                target()
            ),
            Self::MissingLibrary { libraries, .. } if libraries.iter().any(|l| is_musl(l)) => {
                format!(
                    "it was built for musl; build it for glibc: `cargo build --release --lib --target {}`",
                    target()
                )
            }
            Self::MissingLibrary { path, .. } => format!(
                "`ldd {}` shows what it needs; install the missing libraries, or start shim with \
                 their directory in LD_LIBRARY_PATH",
                word(path)
            ),
            Self::NoHandler {
                path, available, ..
            }
            | Self::SeveralHandlers { path, available } => {
                let name = available.first()?;
                let plugin = quoted(&format!("{}#{name}", path.display()));
                format!(
                    "name one of them: `--plugin {plugin}` or `--handler {}`",
                    quoted(name)
                )
            }
            Self::Open { path, reason } => open_hint(path, reason),
            Self::Symbol { .. } | Self::Layout { .. } | Self::AbiStable { .. } => format!(
                "`cargo update -p plugin-api` in the plugin's crate and build it again: {BUILD}"
            ),
            Self::InitHung { .. } => {
                "init must not wait for what may never come; give its calls time limits".to_owned()
            }
            // The author's own words stand in the message.
            Self::InitFailed { .. } | Self::InitPanicked { .. } => return None,
        };
        Some(hint)
    }
}

/// Translates the dynamic linker's words.
fn open_hint(path: &Path, reason: &str) -> String {
    if reason.contains("static TLS block") {
        "an allocator takes its thread-local storage at start-up; for jemalloc: \
         `tikv-jemallocator = { features = [\"disable_initial_exec_tls\"] }`"
            .to_owned()
    } else if reason.contains("failed to map segment") {
        let directory = path.parent().unwrap_or(path);
        format!("`findmnt -T {}`: is it mounted noexec?", word(directory))
    } else {
        format!(
            "`ldd -r {}` shows which libraries and symbols are missing",
            word(path)
        )
    }
}

/// Libraries that only a build for musl needs.
fn is_musl(library: &str) -> bool {
    library == "libc.so" || library.starts_with("libc.musl-")
}

/// The target that rustc builds for this machine.
fn target() -> String {
    let arch = match std::env::consts::ARCH {
        "riscv64" => "riscv64gc",
        arch => arch,
    };
    format!("{arch}-unknown-linux-gnu")
}

/// A path as one word of a shell command.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if path.chars().all(plain) {
        path
    } else {
        quoted(&path)
    }
}

/// A text as one word of a shell command, in quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LoadError, open_hint, word};

    #[test]
    fn the_side_to_rebuild_is_named() {
        let hint = |theirs: &str| {
            let (theirs, ours) = (theirs.parse().unwrap(), "1.2.0".parse().unwrap());
            let path = "x.so".into();
            LoadError::IncompatibleAbi { path, theirs, ours }
                .hint()
                .unwrap()
        };
        let older = hint("0.3.1");
        assert!(older.starts_with("raise `plugin-api`"), "{older}");
        assert!(
            older.contains("for ABI 1 ") && older.ends_with("speaks ABI 0.3"),
            "{older}"
        );
        let newer = hint("2.0.0");
        assert!(
            newer.starts_with("use a newer shim that speaks ABI 2,"),
            "{newer}"
        );
        assert!(newer.contains("for ABI 1 "), "{newer}");
    }

    #[test]
    fn commands_can_be_pasted() {
        assert_eq!(word(Path::new("/a/libb.so")), "/a/libb.so");
        assert_eq!(word(Path::new("/my dir/it's.so")), r"'/my dir/it'\''s.so'");
        let (path, available) = ("/a/b.so".into(), vec!["x".to_owned(), "y".to_owned()]);
        let several = LoadError::SeveralHandlers { path, available };
        let hint = several.hint().unwrap();
        assert_eq!(
            hint,
            "name one of them: `--plugin '/a/b.so#x'` or `--handler 'x'`"
        );
    }

    #[test]
    fn the_dynamic_linkers_words_are_translated() {
        let hint = |reason| open_hint(Path::new("/a/b.so"), reason);
        assert!(hint("cannot allocate memory in static TLS block").contains("jemalloc"));
        assert!(hint("failed to map segment from shared object").contains("findmnt -T /a`"));
        assert!(hint("undefined symbol: zz").contains("ldd -r /a/b.so"));
    }
}
