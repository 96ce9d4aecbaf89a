//! The limits that a control group sets for this process.

use std::path::{Path, PathBuf};

use super::here::read;

/// Limits of control groups; `None`: there is none.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    /// In bytes.
    pub(super) memory: Option<u64>,
    /// In processors, of which it may be a part.
    pub(super) processors: Option<f64>,
}

/// Above this, version 1 of control groups means that there is none.
const NO_LIMIT: u64 = 1 << 60;

/// The limits of this process: the least of its group and all groups around it.
pub(super) fn limits() -> Limits {
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    of(&groups, Path::new("/sys/fs/cgroup"))
}

/// The limits of the groups in a `/proc/PID/cgroup`, which are below `root`.
fn of(groups: &str, root: &Path) -> Limits {
    let mut limits = Limits::default();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let has = |name: &str| controllers.split(',').any(|one| one == name);
        if controllers.is_empty() {
            for folder in upwards(root, path) {
                let memory = read(folder.join("memory.max"));
                lower(&mut limits.memory, memory.and_then(|text| bytes(&text)));
                let quota = read(folder.join("cpu.max"));
                lower(&mut limits.processors, quota.and_then(|text| share(&text)));
            }
        }
        if has("memory") {
            for folder in upwards(&root.join("memory"), path) {
                let text = read(folder.join("memory.limit_in_bytes"));
                lower(&mut limits.memory, text.and_then(|text| bytes(&text)));
            }
        }
        if has("cpu") {
            for folder in upwards(&root.join("cpu"), path) {
                let value = |name| Some(read(folder.join(name))?.trim().to_owned());
                let quota = value("cpu.cfs_quota_us").zip(value("cpu.cfs_period_us"));
                let quota = quota.and_then(|(quota, period)| share(&format!("{quota} {period}")));
                lower(&mut limits.processors, quota);
            }
        }
    }
    limits
}

/// The folder of a group, and those of all around it.
fn upwards(root: &Path, path: &str) -> Vec<PathBuf> {
    let group = Path::new(path.trim_start_matches('/'));
    group.ancestors().map(|group| root.join(group)).collect()
}

fn lower<T: PartialOrd + Copy>(limit: &mut Option<T>, found: Option<T>) {
    if found.is_some_and(|found| limit.is_none_or(|limit| found < limit)) {
        *limit = found;
    }
}

fn bytes(text: &str) -> Option<u64> {
    let bytes = text.trim().parse().ok();
    bytes.filter(|bytes| *bytes < NO_LIMIT)
}

/// Processors of a quota and its period: `50000 100000` is a half, `max 100000` and `-1 100000` are
/// no limit.
fn share(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (u32, u32) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0).then(|| f64::from(quota) / f64::from(period))
}

#[cfg(test)]
mod tests {
    use super::{Limits, of};
    use crate::doctor::testing::Place;

    #[test]
    fn the_least_of_all_groups_around_counts() {
        let place = Place::new();
        place.file("a/b/memory.max", "max\n");
        place.file("a/memory.max", "536870912\n");
        place.file("a/b/cpu.max", "150000 100000\n");
        place.file("a/cpu.max", "max 100000\n");
        let limits = Limits {
            memory: Some(512 << 20),
            processors: Some(1.5),
        };
        assert_eq!(of("0::/a/b\n", &place.path("")), limits);
        assert_eq!(of("0::/\n", &place.path("")), Limits::default());
        assert_eq!(of("", &place.path("")), Limits::default());
    }

    #[test]
    fn the_first_version_of_groups_is_understood() {
        let place = Place::new();
        place.file("memory/a/memory.limit_in_bytes", "1073741824\n");
        place.file("memory/memory.limit_in_bytes", "9223372036854771712\n");
        place.file("cpu/a/cpu.cfs_quota_us", "50000\n");
        place.file("cpu/a/cpu.cfs_period_us", "100000\n");
        place.file("cpu/cpu.cfs_quota_us", "-1\n");
        place.file("cpu/cpu.cfs_period_us", "100000\n");
        let limits = Limits {
            memory: Some(1 << 30),
            processors: Some(0.5),
        };
        assert_eq!(
            of("4:memory:/a\n2:cpu,cpuacct:/a\n0::/\n", &place.path("")),
            limits
        );
    }
}
