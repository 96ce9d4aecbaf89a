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
use std::ops::Deref;

use shim_testkit::{Command, Finished};

use crate::folder::{Folder, LIBRARY, host, plugin, skipped};

/// The bootstrap of this build.
const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");

/// A program without any library.
const PROGRAM: &[&str] = &[
    "-pie",
    "-fPIE",
    "-nostdlib",
    "-Wl,-e,begin,--dynamic-linker=/lib64/ld-linux.so",
];

/// A folder with the files of a package.
struct Ground(Folder);

impl Deref for Ground {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl Ground {
    fn new() -> Self {
        Self(Folder::new())
    }

    /// One with a plugin `liborders.so`, which has the handlers `cancel` and `create`, and a
    /// bootstrap; `None`, and a line that says so, if there is no C compiler.
    fn with_plugin(test: &str) -> Option<Self> {
        let ground = Self(Folder::with_compiler(test)?);
        ground.cc(LIBRARY, "liborders.so", &plugin(""));
        ground.cc(PROGRAM, "bootstrap", &bootstrap("1.0.0"));
        Some(ground)
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
        self.shell(&script)
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

/// C of a program that says that it loads plugins.
fn bootstrap(abi: &str) -> String {
    host(abi, "void begin(void) { for (;;); }")
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
