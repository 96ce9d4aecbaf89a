//! What is needed to build for other systems and processors.

use super::finding::Finding;
use super::here::{Here, Program};
use crate::package::Arch;

/// Installs all that is needed but rustup's targets.
pub(super) const INSTALL: &str = "pip install cargo-zigbuild ziglang";

struct Cross {
    zigbuild: Option<Program>,
    /// zig, as a program or as Python's module.
    zig: bool,
    rustup: bool,
    /// Lambda's processors for which rustc has no standard library.
    missing: Vec<Arch>,
}

/// cargo-zigbuild.
pub(super) fn zigbuild(here: &Here) -> Option<Program> {
    here.ask("cargo-zigbuild", &["--version"])
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let zig = here.text("CARGO_ZIGBUILD_ZIG_PATH").unwrap_or("zig");
    let module = |python: &&str| {
        let path = here.find(python);
        path.is_some_and(|path| here.run(&path, &["-m", "ziglang", "version"]).is_ok())
    };
    let rustc = here.find(here.text("RUSTC").unwrap_or("rustc"));
    let lacks = |arch: &Arch| {
        let path = rustc.as_ref()?;
        let target = ["--print", "target-libdir", "--target", &arch.triple()];
        let folder = here.run(path, &target).ok()?;
        Some(!here.path(folder.trim()).exists())
    };
    let zigbuild = zigbuild(here);
    let cross = Cross {
        // Python takes its time, and is asked only if it matters.
        zig: here.find(zig).is_some()
            || zigbuild.is_some() && ["python3", "python"].iter().any(module),
        zigbuild,
        rustup: here.find("rustup").is_some(),
        missing: Arch::ALL
            .into_iter()
            .filter(|arch| lacks(arch) == Some(true))
            .collect(),
    };
    cross.judge()
}

impl Cross {
    fn judge(&self) -> Vec<Finding> {
        let Some(zigbuild) = &self.zigbuild else {
            return vec![Finding::warn(
                "cargo-zigbuild is not installed: `shim build` needs it for --arch of another \
                 processor, and for a --target-os older than this one",
                format!("`{INSTALL}`"),
            )];
        };
        let path = zigbuild.path.display();
        let said = match &zigbuild.said {
            Ok(said) => said,
            Err(error) => {
                let message = format!("{path} does not run: {error}");
                return vec![Finding::warn(message, format!("`{INSTALL}`"))];
            }
        };
        let mut findings = Vec::new();
        if !self.zig {
            let message = format!("{said} ({path}) has no zig to link with");
            findings.push(Finding::warn(message, "`pip install ziglang`"));
        }
        for arch in &self.missing {
            let triple = arch.triple();
            let message = format!(
                "rustc has no standard library for {triple}: `shim build --arch {}` needs it",
                arch.name()
            );
            let fix = match self.rustup {
                true => format!("`rustup target add {triple}`"),
                false => format!(
                    "install Rust with rustup (https://rustup.rs), then `rustup target add {triple}`"
                ),
            };
            findings.push(Finding::warn(message, fix));
        }
        if findings.is_empty() {
            findings.push(Finding::ok(format!("{said} with zig ({path})")));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::doctor::Verdict::{Ok, Warn};
    use crate::doctor::testing::{Place, expect, expect_ok};
    use crate::package::Arch;

    /// A rustc that has the standard library of x86-64, and a cargo-zigbuild.
    fn place() -> Place {
        let place = Place::new();
        place.program("bin/rustc", "echo lib/$4");
        place.file("lib/x86_64-unknown-linux-gnu/libstd.so", "");
        place.program("bin/cargo-zigbuild", "echo 'cargo-zigbuild 0.20.1'");
        place
    }

    #[test]
    fn without_zigbuild_its_installation_is_told_and_nothing_else() {
        let place = Place::new();
        place.program("bin/rustc", "echo lib/$4");
        let found = look(&place.here(&[("PATH", "bin")]));
        let fix = "`pip install cargo-zigbuild ziglang`";
        expect(&found, Warn, "cargo-zigbuild is not installed", fix);
    }

    #[test]
    fn zig_may_be_a_program_or_a_module_of_python() {
        let place = place();
        place.file("lib/aarch64-unknown-linux-gnu/libstd.so", "");
        let here = place.here(&[("PATH", "bin")]);
        expect(
            &look(&here),
            Warn,
            "has no zig to link with",
            "`pip install ziglang`",
        );
        place.program("bin/python3", "[ \"$2\" = ziglang ]");
        expect_ok(&look(&here), "cargo-zigbuild 0.20.1 with zig");
        place.program("bin/python3", "exit 1");
        place.program("bin/zig", "");
        expect_ok(&look(&here), "cargo-zigbuild 0.20.1 with zig");
    }

    #[test]
    fn the_standard_library_of_another_processor_is_missed() {
        let place = place();
        place.program("bin/zig", "");
        let here = place.here(&[("PATH", "bin")]);
        let triple = Arch::Arm64.triple();
        expect(&look(&here), Warn, &triple, "https://rustup.rs");
        place.program("bin/rustup", "");
        expect(
            &look(&here),
            Warn,
            "--arch arm64",
            &format!("`rustup target add {triple}`"),
        );
    }

    #[test]
    fn a_rustc_that_cannot_tell_is_believed() {
        let place = place();
        place.program("bin/rustc", "exit 1");
        place.program("bin/zig", "");
        let found = look(&place.here(&[("PATH", "bin")]));
        assert_eq!(found.first().map(|one| one.verdict), Some(Ok), "{found:?}");
    }
}
