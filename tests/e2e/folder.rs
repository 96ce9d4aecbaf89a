//! A folder of a test's own, with whatever files it needs, some of them made by the C compiler:
//! small, and with whatever is to be wrong.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process;

use shim_testkit::{Finished, Program, TempDir};

/// Flags of a library without any other.
pub(crate) const LIBRARY: &[&str] = &["-shared", "-fPIC", "-nostdlib"];

/// A folder.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One for files made by the C compiler; `None`, and a line that says so, without one.
    pub(crate) fn with_compiler(test: &str) -> Option<Self> {
        let cc = process::Command::new("cc").arg("--version").output();
        if cc.is_err() {
            skipped(&format!("{test}: no C compiler (cc)"));
            return None;
        }
        Some(Self::new())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Compiles C to a file in this folder.
    pub(crate) fn cc(&self, flags: &[&str], name: &str, source: &str) {
        let source = self.put(&format!(".{name}.c"), source);
        let mut cc = process::Command::new("cc");
        cc.current_dir(&self.0).args(["-o", name]).arg(source);
        let output = cc.args(flags).output().unwrap();
        assert!(output.status.success(), "{cc:?}: {output:?}");
    }

    /// Runs a script in a shell, in this folder.
    pub(crate) fn shell(&self, script: &str) -> Finished {
        let folder = self.path("");
        let script = format!("cd '{}' || exit 1\n{script}", folder.display());
        let shell = Program::at(Path::new("/bin/sh")).command();
        shell.word("-c").word(script).run()
    }

    /// The names of all files here, but for the sources.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".c")).collect();
        names.sort();
        names
    }
}

/// C of a plugin with the handlers `create` and `cancel`, and what `more` says.
pub(crate) fn plugin(more: &str) -> String {
    let handler = |name: &str| {
        format!(
            "{{\"record\":\"handler\",\"name\":\"{name}\",\"event\":\"json\",\"abi\":\"1.0.0\",\
             \"panic\":\"unwind\"}}\n"
        )
    };
    let records = format!("{}{}", handler("create"), handler("cancel"));
    format!(
        "__attribute__((section(\".shim.info\"), used)) static const char info[] = {records:?};\n\
         {more}\n"
    )
}

/// C of a program that says that it loads plugins of this version, and what it does.
pub(crate) fn host(abi: &str, does: &str) -> String {
    let mark = format!("{{\"shim\":\"0.1.0\",\"abi\":\"{abi}\"}}");
    let len = mark.len();
    format!(
        "__attribute__((section(\".shim.host\"), used)) static const char mark[{len}] = {mark:?};\n\
         {does}\n"
    )
}

/// Says why a test does not run: past the test harness, which keeps what tests say that pass.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
