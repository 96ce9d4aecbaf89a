//! cargo and rustc.

use super::finding::Finding;
use super::here::{Here, Program};

const INSTALL: &str =
    "`curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh` installs Rust";
/// What needs it.
const NEEDED: &str = "`shim new`, `shim build` and `shim dev`";

struct Rust {
    cargo: Option<Program>,
    rustc: Option<Program>,
    /// Where rustup puts programs, if there is a cargo that PATH does not name.
    aside: bool,
    rustup: bool,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let cargo = here.text("CARGO").unwrap_or("cargo");
    let rustc = here.text("RUSTC").unwrap_or("rustc");
    let rust = Rust {
        cargo: here.ask(cargo, &["--version"]),
        rustc: here.ask(rustc, &["--version"]),
        aside: here
            .home(".cargo/bin/cargo")
            .is_some_and(|path| path.is_file()),
        rustup: here.find("rustup").is_some(),
    };
    vec![rust.judge()]
}

impl Rust {
    fn judge(&self) -> Finding {
        let (cargo, rustc) = match (&self.cargo, &self.rustc) {
            (Some(cargo), Some(rustc)) => (cargo, rustc),
            (cargo, _) => {
                let missing = if cargo.is_none() { "cargo" } else { "rustc" };
                let message = format!("{missing} is not on the path: {NEEDED} need it");
                let fix = match self.aside {
                    true => "`. \"$HOME/.cargo/env\"` puts it there for this shell",
                    false => INSTALL,
                };
                return Finding::fail(message, fix);
            }
        };
        let path = cargo.path.display();
        let said = |program: &Program| match &program.said {
            Ok(said) => Ok(said.clone()),
            Err(error) => Err(Finding::fail(
                format!("{} does not run: {error}", program.path.display()),
                match self.rustup {
                    true => "`rustup default stable` chooses a toolchain and installs it",
                    false => INSTALL,
                },
            )),
        };
        let (cargo, rustc) = match (said(cargo), said(rustc)) {
            (Ok(cargo), Ok(rustc)) => (cargo, rustc),
            (Err(finding), _) | (_, Err(finding)) => return finding,
        };
        let short = |said: &str| said.split(" (").next().unwrap_or_default().to_owned();
        let both = format!("{}, {} ({path})", short(&rustc), short(&cargo));
        let wanted = env!("CARGO_PKG_RUST_VERSION");
        for said in [&rustc, &cargo] {
            match (release(said), number(wanted)) {
                (Some(found), Some(least)) if found < least => {
                    let message = format!("{both}: plugin-api needs Rust {wanted} or newer");
                    return Finding::fail(
                        message,
                        match self.rustup {
                            true => "`rustup update stable`",
                            false => INSTALL,
                        },
                    );
                }
                _ => {}
            }
        }
        if release(&rustc) != release(&cargo) {
            let message = format!("{both}: they are of two installations");
            let fix = "`type -a cargo rustc` shows them; put one first in PATH";
            return Finding::warn(message, fix);
        }
        Finding::ok(both)
    }
}

/// The release in `rustc 1.95.0-nightly (…)`.
fn release(said: &str) -> Option<(u32, u32)> {
    number(said.split(' ').nth(1)?)
}

fn number(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{look, release};
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, expect, expect_ok};

    fn place(rustc: &str, cargo: &str) -> Place {
        let place = Place::new();
        place.program(
            "bin/rustc",
            &format!("echo 'rustc {rustc} (abc 2026-01-01)'"),
        );
        place.program(
            "bin/cargo",
            &format!("echo 'cargo {cargo} (abc 2026-01-01)'"),
        );
        place
    }

    #[test]
    fn a_new_enough_toolchain_is_told_with_its_place() {
        for version in ["1.90.0", "1.95.0-nightly", "2.0.0"] {
            let place = place(version, version);
            let found = look(&place.here(&[("PATH", "bin")]));
            expect_ok(&found, &format!("rustc {version}, cargo {version} ("));
            expect_ok(&found, "bin/cargo)");
        }
    }

    #[test]
    fn an_old_toolchain_is_told_with_the_way_to_a_new_one() {
        let place = place("1.89.0", "1.89.0");
        let here = place.here(&[("PATH", "bin")]);
        expect(&look(&here), Fail, "needs Rust 1.90", "sh.rustup.rs");
        place.program("bin/rustup", "");
        expect(
            &look(&here),
            Fail,
            "needs Rust 1.90",
            "`rustup update stable`",
        );
    }

    #[test]
    fn cargo_and_rustc_of_two_installations_are_told() {
        let place = place("1.93.0", "1.95.0");
        let here = place.here(&[("PATH", "bin")]);
        expect(
            &look(&here),
            Warn,
            "two installations",
            "type -a cargo rustc",
        );
    }

    #[test]
    fn what_is_missing_is_told_with_the_way_to_it() {
        let nothing = Place::new();
        let here = nothing.here(&[("PATH", "bin"), ("HOME", "home")]);
        expect(
            &look(&here),
            Fail,
            "cargo is not on the path",
            "sh.rustup.rs",
        );
        nothing.program("home/.cargo/bin/cargo", "");
        expect(&look(&here), Fail, "cargo is not", "$HOME/.cargo/env");
        nothing.program("bin/cargo", "echo cargo 1.95.0");
        expect(&look(&here), Fail, "rustc is not", "$HOME/.cargo/env");
    }

    #[test]
    fn a_toolchain_that_does_not_run_is_told() {
        let place = place("1.95.0", "1.95.0");
        place.program(
            "bin/rustc",
            "echo 'error: no default toolchain' >&2; exit 1",
        );
        place.program("bin/rustup", "");
        let here = place.here(&[("PATH", "bin")]);
        expect(
            &look(&here),
            Fail,
            "bin/rustc does not run: error: no default toolchain",
            "rustup default stable",
        );
    }

    #[test]
    fn releases_are_numbers() {
        assert_eq!(release("rustc 1.100.0 (x)"), Some((1, 100)));
        assert_eq!(release("rustc 1.91.0-beta.2 (x)"), Some((1, 91)));
        assert_eq!(release("rustc"), None);
    }
}
