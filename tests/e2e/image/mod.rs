//! `shim image`: a container image, without a container engine.
//!
//! * `layout`: the documents, their digests and sizes, as OCI's specification asks for them
//! * `contents`: what is in the layers; the same bytes for the same files
//! * `told`: what is said of it
//! * `refusals`: what is refused, and that nothing is left behind
//! * `bare_root`: the entry point in a root that has nothing but the layers
//!
//! Most programs here are made with the C compiler: small, and with whatever is to be wrong.

mod bare_root;
mod contents;
mod layout;
mod opened;
mod refusals;
mod told;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process;

use shim_testkit::{Finished, Program, TempDir};

use opened::Opened;

/// A library without any other.
const LIBRARY: &[&str] = &["-shared", "-fPIC", "-nostdlib"];

/// A folder with what goes into an image.
struct Ground(TempDir);

impl Ground {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One with a plugin `liborders.so`, which has the handlers `cancel` and `create`, and a program
    /// `shim` that is linked with libc; `None`, and a line that says so, without a C compiler.
    fn with_plugin(test: &str) -> Option<Self> {
        let cc = process::Command::new("cc").arg("--version").output();
        if cc.is_err() {
            skipped(&format!("{test}: no C compiler (cc)"));
            return None;
        }
        let ground = Self::new();
        ground.cc(LIBRARY, "liborders.so", &plugin());
        ground.cc(&[], "shim", &program("1.0.0"));
        ground.put("ca.pem", "# one\n-----BEGIN CERTIFICATE-----\nAA==\n");
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

    /// Makes `orders.tar` of the plugin and the program of this folder: in a shell, in this folder,
    /// after what `before` says.
    fn image_after(&self, before: &str, words: &str) -> Finished {
        let shim = env!("CARGO_BIN_EXE_shim");
        let flags = "--plugin liborders.so --shim shim --ca ca.pem --output orders.tar";
        let script = format!("{before}\nexec '{shim}' image {flags} {words}");
        let shell = Program::at(Path::new("/bin/sh")).command();
        let folder = self.path("");
        let script = format!("cd '{}' || exit 1\n{script}", folder.display());
        shell.word("-c").word(script).run()
    }

    fn tar(&self) -> Vec<u8> {
        std::fs::read(self.path("orders.tar")).unwrap()
    }

    fn opened(&self) -> Opened {
        Opened::new(&self.tar())
    }

    /// The names of all files here, but for the sources.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".c")).collect();
        names.sort();
        names
    }
}

/// C of a plugin with two handlers.
fn plugin() -> String {
    let handler = |name: &str| {
        format!(
            "{{\"record\":\"handler\",\"name\":\"{name}\",\"event\":\"json\",\"abi\":\"1.0.0\",\
             \"panic\":\"unwind\"}}\n"
        )
    };
    let records = format!("{}{}", handler("create"), handler("cancel"));
    format!(
        "__attribute__((section(\".shim.info\"), used)) static const char info[] = {records:?};\n"
    )
}

/// C of a program that says that it loads plugins.
fn program(abi: &str) -> String {
    let mark = format!("{{\"shim\":\"0.1.0\",\"abi\":\"{abi}\"}}");
    let len = mark.len();
    format!(
        "__attribute__((section(\".shim.host\"), used)) static const char mark[{len}] = {mark:?};\n\
         int main(void) {{ return 0; }}\n"
    )
}

/// The machine of this test, and another, as Rust and as images call them.
fn machines() -> [(&'static str, &'static str); 2] {
    let mut machines = [("x86_64", "amd64"), ("aarch64", "arm64")];
    if std::env::consts::ARCH == "aarch64" {
        machines.reverse();
    }
    machines
}

/// Says why a test does not run: past the test harness, which keeps what tests say that pass.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
