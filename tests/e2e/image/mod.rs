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

use std::ops::Deref;

use shim_testkit::Finished;

use crate::folder::{Folder, LIBRARY, host, plugin, skipped};
use opened::Opened;

/// A folder with what goes into an image.
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

    /// One with a plugin `liborders.so`, which has the handlers `cancel` and `create`, and a program
    /// `shim` that is linked with libc; `None`, and a line that says so, without a C compiler.
    fn with_plugin(test: &str) -> Option<Self> {
        let ground = Self(Folder::with_compiler(test)?);
        ground.cc(LIBRARY, "liborders.so", &plugin(""));
        ground.cc(&[], "shim", &program("1.0.0"));
        ground.put("ca.pem", "# one\n-----BEGIN CERTIFICATE-----\nAA==\n");
        Some(ground)
    }

    /// Makes `orders.tar` of the plugin and the program of this folder: in a shell, in this folder,
    /// after what `before` says.
    fn image_after(&self, before: &str, words: &str) -> Finished {
        let shim = env!("CARGO_BIN_EXE_shim");
        let flags = "--plugin liborders.so --shim shim --ca ca.pem --output orders.tar";
        let script = format!("{before}\nexec '{shim}' image {flags} {words}");
        self.shell(&script)
    }

    fn tar(&self) -> Vec<u8> {
        std::fs::read(self.path("orders.tar")).unwrap()
    }

    fn opened(&self) -> Opened {
        Opened::new(&self.tar())
    }
}

/// C of a program that says that it loads plugins.
fn program(abi: &str) -> String {
    host(abi, "int main(void) { return 0; }")
}

/// The machine of this test, and another, as Rust and as images call them.
fn machines() -> [(&'static str, &'static str); 2] {
    let mut machines = [("x86_64", "amd64"), ("aarch64", "arm64")];
    if std::env::consts::ARCH == "aarch64" {
        machines.reverse();
    }
    machines
}
