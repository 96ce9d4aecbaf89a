//! The kernel.

use super::finding::Finding;
use super::here::{Here, number, read};

/// What the kernel has to isolate processes from each other. Nothing in the shim needs it; what is
/// around a shim may.
#[derive(Default)]
struct Kernel {
    /// `uname -r`; empty: it cannot be told.
    release: String,
    /// /proc is mounted, and tells of this process.
    proc: bool,
    seccomp: bool,
    landlock: bool,
    /// User namespaces for everybody.
    namespaces: bool,
}

pub(super) fn look(_: &Here) -> Vec<Finding> {
    let set = |name: &str| number(&format!("/proc/sys/{name}"));
    let modules = read("/sys/kernel/security/lsm").unwrap_or_default();
    let kernel = Kernel {
        release: read("/proc/sys/kernel/osrelease").unwrap_or_default(),
        proc: read("/proc/self/maps").is_some_and(|maps| !maps.is_empty()),
        seccomp: read("/proc/sys/kernel/seccomp/actions_avail").is_some(),
        landlock: modules.split(',').any(|module| module.trim() == "landlock"),
        namespaces: set("user/max_user_namespaces").is_some_and(|most| most > 0)
            && set("kernel/unprivileged_userns_clone") != Some(0)
            && set("kernel/apparmor_restrict_unprivileged_userns") != Some(1),
    };
    vec![kernel.judge()]
}

impl Kernel {
    fn judge(&self) -> Finding {
        if !self.proc {
            return Finding::fail(
                "Linux without /proc: plugins cannot be checked before they are loaded, and busy \
                 handlers are not noticed",
                "`mount -t proc proc /proc`; in a container it is there unless it was masked",
            );
        }
        let features = [
            ("seccomp", self.seccomp),
            ("landlock", self.landlock),
            ("user namespaces for everybody", self.namespaces),
        ];
        let list = |there: bool| {
            let some = features.iter().filter(|(_, has)| *has == there);
            some.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        };
        let mut message = format!("Linux {}", self.release.trim());
        for (word, list) in [("with", list(true)), ("without", list(false))] {
            if !list.is_empty() {
                message.push_str(&format!("; {word} {list}"));
            }
        }
        Finding::ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::Kernel;
    use crate::doctor::Verdict::Fail;
    use crate::doctor::testing::{expect, expect_ok};

    #[test]
    fn what_the_kernel_has_is_told() {
        let kernel = Kernel {
            release: "6.18.1".to_owned(),
            proc: true,
            seccomp: true,
            landlock: true,
            namespaces: false,
        };
        let text = "Linux 6.18.1; with seccomp, landlock; without user namespaces for everybody";
        expect_ok(&[kernel.judge()], text);
    }

    #[test]
    fn without_proc_little_can_be_known() {
        let kernel = Kernel::default();
        expect(&[kernel.judge()], Fail, "without /proc", "mount -t proc");
    }
}
