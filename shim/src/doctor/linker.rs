//! The C compiler that rustc links with.

use super::finding::Finding;
use super::here::{Here, Program};

/// Ways to install a C compiler, by the program that installs.
const INSTALLERS: [(&str, &str); 6] = [
    ("apt-get", "`sudo apt-get install build-essential`"),
    ("dnf", "`sudo dnf install gcc`"),
    ("yum", "`sudo yum install gcc`"),
    ("zypper", "`sudo zypper install gcc`"),
    ("pacman", "`sudo pacman -S gcc`"),
    ("apk", "`sudo apk add gcc`"),
];

struct Linker {
    /// What rustc is told to use, or what it uses on its own.
    name: String,
    program: Option<Program>,
    /// Whether it finds the file that every program begins with.
    start_file: bool,
    install: &'static str,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let machine = std::env::consts::ARCH.to_uppercase();
    let variable = format!("CARGO_TARGET_{machine}_UNKNOWN_LINUX_GNU_LINKER");
    let name = here.text(&variable).unwrap_or("cc").to_owned();
    let program = here.ask(&name, &["--version"]);
    let start_file = program.as_ref().is_some_and(|program| {
        // A file that is not there is named as it was asked for.
        let said = here.run(&program.path, &["-print-file-name=crt1.o"]);
        said.is_ok_and(|said| said.trim() != "crt1.o")
    });
    let mut installers = INSTALLERS.iter();
    let install = installers.find(|(installer, _)| here.find(installer).is_some());
    let linker = Linker {
        name,
        program,
        start_file,
        install: install.map_or("install gcc", |(_, install)| install),
    };
    vec![linker.judge()]
}

impl Linker {
    fn judge(&self) -> Finding {
        let Self { name, install, .. } = self;
        let Some(program) = &self.program else {
            let message = format!("there is no C compiler (`{name}`), with which rustc links");
            return Finding::fail(message, *install);
        };
        let path = program.path.display();
        match &program.said {
            Err(error) => Finding::fail(format!("{path} does not run: {error}"), *install),
            Ok(_) if !self.start_file => Finding::fail(
                format!(
                    "{path} does not find crt1.o: the C library's files for linking are missing"
                ),
                match *install {
                    "`sudo dnf install gcc`" | "`sudo yum install gcc`" => {
                        "`sudo dnf install glibc-devel`"
                    }
                    other => other,
                },
            ),
            Ok(said) => Finding::ok(format!("{said} ({path})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::doctor::Verdict::Fail;
    use crate::doctor::testing::{Place, expect, expect_ok};

    const GCC: &str =
        "case $1 in --version) echo 'gcc 14'; echo more;; *) echo /usr/lib/crt1.o;; esac";
    const BARE: &str = "case $1 in --version) echo 'gcc 14';; *) echo crt1.o;; esac";

    #[test]
    fn a_compiler_that_links_is_told_with_its_place() {
        let place = Place::new();
        place.program("bin/cc", GCC);
        let found = look(&place.here(&[("PATH", "bin")]));
        expect_ok(&found, "gcc 14 (");
    }

    #[test]
    fn without_a_compiler_the_systems_way_to_one_is_told() {
        let place = Place::new();
        let here = place.here(&[("PATH", "bin")]);
        expect(
            &look(&here),
            Fail,
            "there is no C compiler (`cc`)",
            "install gcc",
        );
        place.program("bin/apt-get", "");
        expect(
            &look(&here),
            Fail,
            "no C compiler",
            "apt-get install build-essential",
        );
    }

    #[test]
    fn the_linker_that_cargo_is_told_to_use_counts() {
        let place = Place::new();
        place.program("bin/cc", GCC);
        let machine = std::env::consts::ARCH.to_uppercase();
        let variable = format!("CARGO_TARGET_{machine}_UNKNOWN_LINUX_GNU_LINKER");
        let here = place.here(&[("PATH", "bin"), (&variable, "my-cc")]);
        expect(&look(&here), Fail, "(`my-cc`)", "install gcc");
    }

    #[test]
    fn a_compiler_without_the_c_librarys_files_is_told() {
        let place = Place::new();
        place.program("bin/cc", BARE);
        place.program("bin/dnf", "");
        let here = place.here(&[("PATH", "bin")]);
        expect(&look(&here), Fail, "does not find crt1.o", "glibc-devel");
    }
}
