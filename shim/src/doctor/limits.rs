//! What the system lets a server have.

use rustix::process::{Resource, getrlimit};

use super::cgroup;
use super::finding::{Finding, bytes};
use super::here::{Here, number, read};
use crate::server::{self, OTHER_FILES};

/// Memory with which a shim and a small plugin can do something, in bytes.
const MEMORY: u64 = 64 << 20;
/// Connections that may wait to be accepted: what listeners ask for.
const BACKLOG: u64 = 128;
/// Ports for connections to other servers, at the least.
const OUTGOING: u64 = 10_000;

/// What the system lets a server have; `None`: no limit, or it cannot be told.
#[derive(Default)]
struct Limits {
    /// Connections that the server may keep.
    connections: u64,
    /// Open files: now, and as far as everybody may raise it.
    files: (Option<u64>, Option<u64>),
    group: cgroup::Limits,
    /// All memory, in bytes.
    memory: Option<u64>,
    /// Processors, before limits of groups.
    processors: Option<u64>,
    /// `net.core.somaxconn`
    backlog: Option<u64>,
    /// `net.ipv4.ip_local_port_range`, both ends included.
    outgoing: Option<u64>,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let files = getrlimit(Resource::Nofile);
    let connections = here.text("SHIM_MAX_CONNECTIONS");
    let limits = Limits {
        connections: connections
            .and_then(|text| text.parse().ok())
            .unwrap_or(server::Limits::default().connections as u64),
        files: (files.current, files.maximum),
        group: cgroup::limits(),
        memory: read("/proc/meminfo").and_then(|text| total(&text)),
        processors: read("/proc/self/status").and_then(|text| allowed(&text)),
        backlog: number("/proc/sys/net/core/somaxconn"),
        outgoing: read("/proc/sys/net/ipv4/ip_local_port_range").and_then(|text| range(&text)),
    };
    limits.judge()
}

/// `MemTotal:       24650124 kB`
fn total(meminfo: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// How many processors are in `Cpus_allowed: f,ffffffff`.
fn allowed(status: &str) -> Option<u64> {
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("Cpus_allowed:"))?;
    let digits = mask.trim().chars().filter_map(|char| char.to_digit(16));
    Some(digits.map(|digit| u64::from(digit.count_ones())).sum())
}

/// `32768 60999`
fn range(text: &str) -> Option<u64> {
    let mut ends = text.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

impl Limits {
    fn judge(&self) -> Vec<Finding> {
        let findings = [
            Some(self.files()),
            Some(self.memory()),
            self.processors(),
            self.backlog(),
            self.outgoing(),
        ];
        findings.into_iter().flatten().collect()
    }

    fn files(&self) -> Finding {
        let (current, most) = self.files;
        let needed = self.connections + OTHER_FILES;
        match (current, most) {
            (_, Some(most)) if most < needed => Finding::warn(
                format!(
                    "{most} files may be open at once, and each connection is one: {} of them \
                     (--max-connections) are more",
                    self.connections
                ),
                format!(
                    "raise it where the shim is started (systemd: `LimitNOFILE={needed}`, \
                     docker: `--ulimit nofile={needed}`), or `shim --max-connections {}`",
                    most.saturating_sub(OTHER_FILES).max(1)
                ),
            ),
            (Some(current), _) if current < needed => Finding::ok(format!(
                "{current} files may be open at once; `shim serve` raises that by itself"
            )),
            (Some(current), _) => Finding::ok(format!("{current} files may be open at once")),
            (None, _) => Finding::ok("any number of files may be open"),
        }
    }

    fn memory(&self) -> Finding {
        let (limit, whose) = match (self.group.memory, self.memory) {
            (Some(group), Some(all)) if group < all => (group, "by its control group"),
            (Some(group), None) => (group, "by its control group"),
            (_, Some(all)) => (all, "in this machine"),
            (None, None) => return Finding::ok("memory without a limit that can be told"),
        };
        let message = format!("{} of memory {whose}", bytes(limit));
        if limit >= MEMORY {
            return Finding::ok(message);
        }
        Finding::warn(
            format!("{message}: the kernel may end the shim when plugins need some"),
            "give it 128 MiB or more (systemd: `MemoryMax=128M`, Kubernetes: \
             `resources.limits.memory: 128Mi`)",
        )
    }

    fn processors(&self) -> Option<Finding> {
        let all = self.processors?;
        match self.group.processors {
            Some(part) if part < 1.0 => Some(Finding::warn(
                format!(
                    "{part:.2} of a processor by its control group: once it is used up, requests \
                     wait for the next tenth of a second"
                ),
                "give it one or more (systemd: `CPUQuota=100%`, Kubernetes: \
                 `resources.limits.cpu: 1`), or no limit",
            )),
            Some(part) => Some(Finding::ok(format!(
                "{part:.2} of {all} processors by its control group"
            ))),
            None => Some(Finding::ok(format!("{all} processors"))),
        }
    }

    fn backlog(&self) -> Option<Finding> {
        let found = self.backlog.filter(|found| *found < BACKLOG)?;
        Some(Finding::warn(
            format!("{found} connections may wait to be accepted: more at once are refused"),
            "`sudo sysctl net.core.somaxconn=4096`",
        ))
    }

    fn outgoing(&self) -> Option<Finding> {
        let found = self.outgoing.filter(|found| *found < OUTGOING)?;
        Some(Finding::warn(
            format!("{found} ports for connections to one server: functions may run out of them"),
            "`sudo sysctl net.ipv4.ip_local_port_range=\"32768 60999\"`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, allowed, cgroup, range, total};
    use crate::doctor::Verdict::Warn;
    use crate::doctor::testing::{expect, expect_ok};

    fn well() -> Limits {
        Limits {
            connections: 10_000,
            files: (Some(20_000), Some(20_000)),
            memory: Some(8 << 30),
            processors: Some(4),
            backlog: Some(4096),
            outgoing: Some(28_232),
            group: cgroup::Limits::default(),
        }
    }

    #[test]
    fn usual_limits_are_well() {
        let found = well().judge();
        for text in [
            "20000 files",
            "8 GiB of memory in this machine",
            "4 processors",
        ] {
            expect_ok(&found, text);
        }
        expect_ok(&Limits::default().judge(), "any number of files");
    }

    #[test]
    fn too_few_files_are_told_with_what_raises_them() {
        let soft = Limits {
            files: (Some(1024), Some(1 << 20)),
            ..well()
        };
        expect_ok(&soft.judge(), "raises that by itself");
        let hard = Limits {
            files: (Some(1024), Some(4096)),
            ..well()
        };
        for fix in ["LimitNOFILE=10240", "`shim --max-connections 3856`"] {
            expect(&hard.judge(), Warn, "4096 files", fix);
        }
        let fewer = Limits {
            connections: 100,
            ..hard
        };
        expect_ok(&fewer.judge(), "1024 files");
    }

    #[test]
    fn the_limits_of_a_container_count() {
        let group = |memory, processors| Limits {
            group: cgroup::Limits {
                memory: Some(memory),
                processors: Some(processors),
            },
            ..well()
        };
        let large = group(512 << 20, 2.0).judge();
        expect_ok(&large, "512 MiB of memory by its control group");
        expect_ok(&large, "2.00 of 4 processors");
        let small = group(32 << 20, 2.0).judge();
        expect(&small, Warn, "32 MiB of memory", "memory: 128Mi");
        let part = group(512 << 20, 0.25).judge();
        expect(
            &part,
            Warn,
            "0.25 of a processor",
            "resources.limits.cpu: 1",
        );
    }

    #[test]
    fn short_queues_and_few_ports_are_told() {
        let short = Limits {
            backlog: Some(16),
            ..well()
        };
        expect(
            &short.judge(),
            Warn,
            "16 connections",
            "net.core.somaxconn=4096",
        );
        let few = Limits {
            outgoing: Some(1000),
            ..well()
        };
        expect(&few.judge(), Warn, "1000 ports", "ip_local_port_range");
    }

    #[test]
    fn the_kernels_files_are_understood() {
        assert_eq!(total("MemTotal:  2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert_eq!(
            allowed("Cpus_allowed:\tf,ffffffff\nCpus_allowed_list:\t0-35\n"),
            Some(36)
        );
        assert_eq!(range("32768\t60999\n"), Some(28_232));
    }
}
