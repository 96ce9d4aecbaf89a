//! Every way for a plugin's file to be bad: what the binary says, word for word, and its exit code.

mod files;
mod handlers;
mod linking;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use shim_testkit::{Command, TempDir};

use crate::tools;

/// The exit code of a bad plugin (`EX_DATAERR`).
const BAD: i32 = 65;
const BUILD: &str = "`cargo build --release --lib`";
const CDYLIB: &str = "`[lib] crate-type = [\"cdylib\"]`";

/// A folder with files to refuse.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), all).expect("it is ours");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0
            .path()
            .canonicalize()
            .expect("it is there")
            .join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("it can be written");
        path
    }

    /// Compiles C in this folder.
    fn cc(&self, arguments: &[&str], source: &str) {
        self.put("x.c", source);
        let mut command = std::process::Command::new("cc");
        command.current_dir(&self.0).args(arguments).arg("x.c");
        let output = tools::run(&mut command);
        assert!(output.status.success(), "{command:?}: {output:?}");
    }

    /// What these arguments lead to: the exit code, and what was said, without this folder's path
    /// and without log lines.
    fn outcome(&self, arguments: &[&str], plugin: &Path) -> (i32, String) {
        self.ended(tools::shim().command().words(arguments).word(plugin))
    }

    fn ended(&self, command: Command) -> (i32, String) {
        let finished = command.run();
        let said = finished.stderr();
        let said = said
            .lines()
            .filter(|line| !line.starts_with("{\"timestamp\""));
        let said: String = said.map(|line| format!("{line}\n")).collect();
        let folder = self.path("").display().to_string();
        (finished.code(), said.replace(&folder, "/dir/"))
    }

    /// Both `shim --plugin` and `shim inspect` refuse the file with this message and hint.
    #[track_caller]
    fn refuses(&self, plugin: &Path, message: &str, hint: &str) {
        self.refuses_with(&["inspect"], plugin, message, hint);
        self.refuses_with(&["--port", "0", "--plugin"], plugin, message, hint);
    }

    #[track_caller]
    fn refuses_with(&self, arguments: &[&str], plugin: &Path, message: &str, hint: &str) {
        let hint = match hint {
            "" => String::new(),
            hint => format!("  hint: {hint}\n"),
        };
        let (code, said) = self.outcome(arguments, plugin);
        assert_eq!(said, format!("error: {message}\n{hint}"), "{arguments:?}");
        assert_eq!(code, BAD, "{arguments:?}");
    }
}
