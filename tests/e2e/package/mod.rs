//! `shim package`: the zip for AWS Lambda.
//!
//! * `contents`: what is in it, the same bytes for the same files, and what others read in it
//! * `files`: what is refused of files, names and the output
//! * `programs`, `libraries`: what is refused of plugins, bootstraps and libraries
//! * `failures`: nothing is left behind
//! * `terminal`: what a person sees; `unpacked`: what Lambda does with it
//!
//! Most plugins here are made with the C compiler: small, and with whatever is to be wrong.

mod contents;
mod failures;
mod files;
mod libraries;
mod programs;
mod terminal;
mod unpacked;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process;

use shim_testkit::{Command, Finished, Program, TempDir};

/// The bootstrap of this build.
const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");

/// A library without any other.
const LIBRARY: &[&str] = &["-shared", "-fPIC", "-nostdlib"];
/// A program without any library.
const PROGRAM: &[&str] = &[
    "-pie",
    "-fPIE",
    "-nostdlib",
    "-Wl,-e,begin,--dynamic-linker=/lib64/ld-linux.so",
];

/// A folder with the files of a package.
struct Ground(TempDir);

impl Ground {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One with a plugin `liborders.so`, which has the handlers `cancel` and `create`, and a
    /// bootstrap; `None`, and a line that says so, if there is no C compiler.
    fn with_plugin(test: &str) -> Option<Self> {
        if process::Command::new("cc")
            .arg("--version")
            .output()
            .is_err()
        {
            skipped(&format!("{test}: no C compiler (cc)"));
            return None;
        }
        let ground = Self::new();
        ground.cc(LIBRARY, "liborders.so", &plugin(""));
        ground.cc(PROGRAM, "bootstrap", &bootstrap("1.0.0"));
        Some(ground)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Compiles C to a file in this folder.
    fn cc(&self, flags: &[&str], name: &str, source: &str) {
        let source = self.put(&format!(".{name}.c"), source);
        let mut cc = process::Command::new("cc");
        cc.current_dir(&self.0).args(["-o", name]).arg(source);
        let output = cc.args(flags).output().unwrap();
        assert!(output.status.success(), "{cc:?}: {output:?}");
    }

    /// Packs the plugin and the bootstrap of this folder to `orders.zip`.
    fn package(&self) -> Command {
        crate::shim()
            .command()
            .word("package")
            .arg("--plugin", self.path("liborders.so"))
            .arg("--bootstrap", self.path("bootstrap"))
            .arg("--output", self.path("orders.zip"))
    }

    /// The same in a shell, in this folder, after what `before` says.
    fn package_after(&self, before: &str, words: &str) -> Finished {
        let shim = env!("CARGO_BIN_EXE_shim");
        let flags = "--plugin liborders.so --bootstrap bootstrap --output orders.zip";
        let script = format!("{before}\nexec '{shim}' package {flags} {words}");
        let shell = Program::at(Path::new("/bin/sh")).command();
        let folder = self.path("");
        let script = format!("cd '{}' || exit 1\n{script}", folder.display());
        shell.word("-c").word(script).run()
    }

    fn zip(&self) -> Vec<u8> {
        std::fs::read(self.path("orders.zip")).unwrap()
    }

    /// `NAME=PATH` with a path in this folder.
    fn named(&self, name: &str, path: &str) -> OsString {
        let mut named = OsString::from(format!("{name}="));
        named.push(self.path(path));
        named
    }

    /// The names of all files here, but for the sources.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".c")).collect();
        names.sort();
        names
    }

    /// Runs what has to be refused: the exit code, and what is said, word for word, with this
    /// folder called `/dir`. Nothing is written.
    #[track_caller]
    fn refuses(&self, command: Command, code: i32, message: &str, hint: &str) {
        let finished = command.run();
        let folder = self.path("").display().to_string();
        let said = finished.stderr().replace(&folder, "/dir/");
        let hint = match hint {
            "" => String::new(),
            hint => format!("  hint: {hint}\n"),
        };
        assert_eq!(said, format!("error: {message}\n{hint}"));
        finished.expect_code(code);
        assert!(!self.path("orders.zip").exists(), "{:?}", self.names());
        assert!(finished.stdout().is_empty(), "{}", finished.stdout());
    }
}

/// C of a plugin with two handlers, and what `more` says.
fn plugin(more: &str) -> String {
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

/// C of a program that says that it loads plugins.
fn bootstrap(abi: &str) -> String {
    let mark = format!("{{\"shim\":\"0.1.0\",\"abi\":\"{abi}\"}}");
    let len = mark.len();
    format!(
        "__attribute__((section(\".shim.host\"), used)) static const char mark[{len}] = {mark:?};\n\
         void begin(void) {{ for (;;); }}\n"
    )
}

/// The machine of this test, and another, as Rust, Lambda and ELF call them.
fn machines() -> [(&'static str, &'static str, u8); 2] {
    let mut machines = [("x86_64", "x86_64", 62), ("aarch64", "arm64", 183)];
    if std::env::consts::ARCH == "aarch64" {
        machines.reverse();
    }
    machines
}

/// A copy of a file for the other machine.
fn foreign(ground: &Ground, name: &str, copy: &str) {
    let mut bytes = std::fs::read(ground.path(name)).unwrap();
    bytes[18] = machines()[1].2;
    ground.put(copy, bytes);
}

/// Says why a test does not run: past the test harness, which keeps what tests say that pass.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
