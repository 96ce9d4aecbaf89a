//! The limits of inotify.

use rustix::fs::inotify::{self, CreateFlags};

use super::finding::Finding;
use super::here::{Here, number};

/// Folders that one may watch, at the least: a few large workspaces and an editor.
const WATCHES: u64 = 8192;
/// Programs that may watch at a time, at the least: the kernel's own default.
const INSTANCES: u64 = 128;

struct Inotify {
    watches: Option<u64>,
    instances: Option<u64>,
    /// Why no further program can watch.
    full: Option<String>,
}

pub(super) fn look(_: &Here) -> Vec<Finding> {
    let set = |name: &str| number(&format!("/proc/sys/fs/inotify/{name}"));
    let inotify = Inotify {
        watches: set("max_user_watches"),
        instances: set("max_user_instances"),
        full: inotify::init(CreateFlags::CLOEXEC)
            .err()
            .map(|error| std::io::Error::from(error).to_string()),
    };
    vec![inotify.judge()]
}

fn set(name: &str, value: u64) -> String {
    format!(
        "`sudo sysctl fs.inotify.{name}={value}`; to keep it, put `fs.inotify.{name}={value}` into \
         /etc/sysctl.d/60-inotify.conf"
    )
}

impl Inotify {
    fn judge(&self) -> Finding {
        let fewer = |found: Option<u64>, least| found.filter(|found| *found < least);
        if let Some(error) = &self.full {
            return Finding::warn(
                format!("no further program can watch files, `shim dev` cannot: {error}"),
                set("max_user_instances", 1024),
            );
        }
        if let Some(found) = fewer(self.watches, WATCHES) {
            return Finding::warn(
                format!("you may watch {found} folders in all: `shim dev` may find none left"),
                set("max_user_watches", 524_288),
            );
        }
        if let Some(found) = fewer(self.instances, INSTANCES) {
            return Finding::warn(
                format!("{found} of your programs may watch files: `shim dev` may be one too many"),
                set("max_user_instances", 1024),
            );
        }
        let shown =
            |found: Option<u64>| found.map_or("any number of".to_owned(), |n| n.to_string());
        Finding::ok(format!(
            "{} of your programs may watch files, in {} folders",
            shown(self.instances),
            shown(self.watches)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Inotify;
    use crate::doctor::Verdict::Warn;
    use crate::doctor::testing::{expect, expect_ok};

    fn inotify(watches: u64, instances: u64) -> Inotify {
        Inotify {
            watches: Some(watches),
            instances: Some(instances),
            full: None,
        }
    }

    #[test]
    fn usual_limits_are_well() {
        expect_ok(&[inotify(16384, 128).judge()], "128 of your programs");
        let unknown = Inotify {
            watches: None,
            ..inotify(0, 128)
        };
        expect_ok(&[unknown.judge()], "any number of folders");
    }

    #[test]
    fn low_limits_are_told_with_the_command_that_raises_them() {
        let few = inotify(4096, 128).judge();
        expect(
            &[few],
            Warn,
            "4096 folders",
            "sysctl fs.inotify.max_user_watches=524288",
        );
        let few = inotify(16384, 16).judge();
        expect(
            &[few],
            Warn,
            "16 of your programs",
            "max_user_instances=1024",
        );
        let full = Inotify {
            full: Some("Too many open files".to_owned()),
            ..inotify(16384, 128)
        };
        expect(
            &[full.judge()],
            Warn,
            "Too many open files",
            "max_user_instances=1024",
        );
    }
}
