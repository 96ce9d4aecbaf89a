//! The program that `shim package` puts into zips.

use std::path::PathBuf;

use super::finding::{Finding, Verdict};
use super::here::Here;
use crate::package::{Arch, PackageError, Role, TargetOs};
use crate::plugin::LoadError;
use crate::plugin::preflight::{ABI_VERSION, ElfFile, Version};

/// What of the file matters.
struct Found {
    machine: String,
    /// Its own version and that of the ABI; `None`: it is another program.
    host: Option<(String, Version)>,
    /// Why it does not start in AWS Lambda.
    too_new: Option<PackageError>,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let path = here.program.with_file_name("bootstrap");
    let found = ElfFile::read(&path).map(|file| Found {
        too_new: too_new(&file),
        machine: file.machine,
        host: file.host.map(|host| (host.shim, host.abi)),
    });
    vec![judge(path, found)]
}

fn too_new(file: &ElfFile) -> Option<PackageError> {
    let os = TargetOs::Al2023;
    let arch = Arch::of_machine(&file.machine)?;
    let symbols = file.glibc.iter();
    let missing: Vec<_> = symbols.filter(|need| !need.are_in(os.glibc())).collect();
    (!missing.is_empty()).then(|| PackageError::Glibc {
        role: Role::Bootstrap,
        path: file.path.clone(),
        arch,
        os,
        symbols: missing.into_iter().cloned().collect(),
    })
}

fn judge(path: PathBuf, found: Result<Found, LoadError>) -> Finding {
    let wrong = |error: PackageError| {
        let message = format!("`shim package` would fail: {error}");
        Finding::new(Verdict::Warn, message, error.hint())
    };
    let found = match found {
        Ok(found) => found,
        Err(LoadError::NotFound { .. }) => return wrong(PackageError::NoBootstrap { path }),
        Err(error) => return wrong(PackageError::Bootstrap(error)),
    };
    let ours = found.host.filter(|(_, abi)| abi.fits(ABI_VERSION));
    let Some((version, abi)) = ours else {
        let found = "it loads no plugins for this shim";
        return wrong(PackageError::NotOurBootstrap { path, found });
    };
    if let Some(error) = found.too_new {
        return wrong(error);
    }
    Finding::ok(format!(
        "bootstrap {version} for {}, ABI {abi} ({})",
        found.machine,
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Found, judge, look};
    use crate::doctor::Verdict::Warn;
    use crate::doctor::testing::{Place, a_plugin, expect, expect_ok};
    use crate::package::{Arch, PackageError, Role, TargetOs};
    use crate::plugin::preflight::{ABI_VERSION, Version};

    fn found(abi: Version, too_new: bool) -> Found {
        let too_new = too_new.then(|| PackageError::Glibc {
            role: Role::Bootstrap,
            path: PathBuf::from("bootstrap"),
            arch: Arch::X86_64,
            os: TargetOs::Al2023,
            symbols: Vec::new(),
        });
        Found {
            machine: "x86_64".to_owned(),
            host: Some(("0.1.0".to_owned(), abi)),
            too_new,
        }
    }

    #[test]
    fn a_bootstrap_for_lambda_is_well() {
        let path = PathBuf::from("/bin/bootstrap");
        let finding = judge(path, Ok(found(ABI_VERSION, false)));
        expect_ok(&[finding], "bootstrap 0.1.0 for x86_64, ABI 1.");
    }

    #[test]
    fn a_missing_one_is_told_with_the_way_to_build_it() {
        let place = Place::new();
        let findings = look(&place.here(&[]));
        expect(
            &findings,
            Warn,
            "there is no bootstrap",
            "--profile lambda --bin bootstrap",
        );
    }

    #[test]
    fn another_file_of_its_name_is_told() {
        let place = Place::new();
        place.file("bootstrap", "#!/bin/sh\n");
        expect(
            &look(&place.here(&[])),
            Warn,
            "cannot be used",
            "--bin bootstrap",
        );
        std::fs::copy(a_plugin(), place.path("bootstrap")).unwrap();
        expect(
            &look(&place.here(&[])),
            Warn,
            "not shim's bootstrap",
            "--bin bootstrap",
        );
        let other = Version {
            major: 9,
            ..ABI_VERSION
        };
        let finding = judge("bootstrap".into(), Ok(found(other, false)));
        expect(&[finding], Warn, "not shim's bootstrap", "--bin bootstrap");
    }

    #[test]
    fn one_that_lambda_cannot_start_is_told() {
        let finding = judge("bootstrap".into(), Ok(found(ABI_VERSION, true)));
        expect(&[finding], Warn, "needs a newer glibc", "cargo zigbuild");
    }
}
