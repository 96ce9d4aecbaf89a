//! This system's glibc, and what follows for what is built here.

use super::cross;
use super::finding::Finding;
use super::here::Here;
use crate::package::TargetOs;
use crate::plugin::preflight::{self, GlibcVersion};

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let zigbuild = cross::zigbuild(here).is_some_and(|zigbuild| zigbuild.said.is_ok());
    vec![judge(preflight::system_version(), zigbuild)]
}

fn judge(version: Option<GlibcVersion>, zigbuild: bool) -> Finding {
    let lambda = TargetOs::Al2023;
    let theirs = format!("{} has {}", lambda.runtime(), lambda.glibc());
    let Some(version) = version else {
        return Finding::warn(
            "the release of glibc cannot be told: plugins cannot be checked against it before \
             they are loaded",
            "`ldd --version` should tell; is /proc mounted?",
        );
    };
    if version <= lambda.glibc() {
        return Finding::ok(format!(
            "glibc {version}: what is built here runs in AWS Lambda ({theirs})"
        ));
    }
    let message = format!(
        "glibc {version}: what is built here may need a system as new; AWS Lambda's {theirs}"
    );
    let build = "for Lambda build with `shim build --target-os al2023`";
    match zigbuild {
        true => Finding::ok(format!("{message}; {build}")),
        false => Finding::warn(
            message,
            format!(
                "{build}, after `{}`; `shim inspect FILE` says what a plugin needs",
                cross::INSTALL
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::doctor::Verdict::Warn;
    use crate::doctor::testing::{expect, expect_ok};
    use crate::plugin::preflight::GlibcVersion;

    #[test]
    fn a_glibc_as_old_as_lambdas_is_well() {
        let old = GlibcVersion::new(2, 34);
        expect_ok(
            &[judge(Some(old), false)],
            "glibc 2.34: what is built here runs",
        );
    }

    #[test]
    fn a_newer_glibc_asks_for_another_way_to_build() {
        let new = GlibcVersion::new(2, 39);
        expect(
            &[judge(Some(new), false)],
            Warn,
            "glibc 2.39: what is built here may need a system as new; AWS Lambda's \
             provided.al2023 has 2.34",
            "`shim build --target-os al2023`, after `pip install cargo-zigbuild ziglang`",
        );
        expect_ok(&[judge(Some(new), true)], "--target-os al2023");
    }

    #[test]
    fn a_glibc_that_cannot_be_told_is_told() {
        expect(
            &[judge(None, true)],
            Warn,
            "cannot be told",
            "ldd --version",
        );
    }
}
