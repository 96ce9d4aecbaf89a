//! What in this environment will bite, each with its way out.
//!
//! A [`Check`] looks at one thing and says what it found, in one or several [`Finding`]s. Each has
//! two halves: one that looks ([`Here`] says where) and makes a description, and one that judges the
//! description, and so can be tried without another machine. Nothing is changed.
//!
//! Everything here blocks.

mod aws;
mod bootstrap;
mod cgroup;
mod clock;
mod config;
mod cross;
mod disk;
mod finding;
mod glibc;
mod here;
mod kernel;
mod limits;
mod linker;
mod listening;
mod logs;
mod ports;
mod proxy;
mod rust;
#[cfg(test)]
mod testing;
mod variables;
mod watch;

pub use finding::{Finding, Verdict};
pub use here::Here;

/// One thing to look at.
#[derive(Debug)]
pub struct Check {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it looks at.
    pub about: &'static str,
    look: fn(&Here) -> Vec<Finding>,
}

impl Check {
    /// Looks. At least one finding.
    pub fn findings(&self, here: &Here) -> Vec<Finding> {
        (self.look)(here)
    }
}

/// All there are, in the order in which they are told: what builds, what serves, what is around.
pub const CHECKS: &[Check] = &[
    Check {
        name: "rust",
        about: "cargo and rustc: there, and new enough",
        look: rust::look,
    },
    Check {
        name: "linker",
        about: "the C compiler that links, and the C library's files for it",
        look: linker::look,
    },
    Check {
        name: "glibc",
        about: "this system's glibc beside those of AWS Lambda",
        look: glibc::look,
    },
    Check {
        name: "cross",
        about: "cargo-zigbuild, zig and rustup's targets, to build for other systems",
        look: cross::look,
    },
    Check {
        name: "bootstrap",
        about: "the program that `shim package` puts into zips",
        look: bootstrap::look,
    },
    Check {
        name: "kernel",
        about: "the kernel, /proc, and what it has to isolate processes",
        look: kernel::look,
    },
    Check {
        name: "watch",
        about: "the limits of inotify, with which `shim dev` watches files",
        look: watch::look,
    },
    Check {
        name: "limits",
        about: "open files, memory, processors, queues of connections",
        look: limits::look,
    },
    Check {
        name: "disk",
        about: "space and rights where cargo builds and temporary files go",
        look: disk::look,
    },
    Check {
        name: "ports",
        about: "whether the usual ports are free, or who has them",
        look: ports::look,
    },
    Check {
        name: "logs",
        about: "the daemons for --log-to",
        look: logs::look,
    },
    Check {
        name: "clock",
        about: "whether the time can be right: signatures are good for five minutes",
        look: clock::look,
    },
    Check {
        name: "variables",
        about: "SHIM_* variables that are unknown or wrong",
        look: variables::look,
    },
    Check {
        name: "config",
        about: "shim.toml, and the plugins that it names",
        look: config::look,
    },
    Check {
        name: "aws",
        about: "the AWS CLI, keys and region",
        look: aws::look,
    },
    Check {
        name: "proxy",
        about: "proxies that would get what is for this machine",
        look: proxy::look,
    },
];

#[cfg(test)]
mod tests {
    use super::{CHECKS, Here};
    use crate::config::Environment;

    #[test]
    fn every_check_has_a_name_of_its_own_and_says_something_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = Here {
            variables: Environment::default(),
            folder: folder.path().to_owned(),
            program: folder.path().join("shim"),
        };
        for (number, check) in CHECKS.iter().enumerate() {
            let twin = CHECKS[number + 1..]
                .iter()
                .any(|one| one.name == check.name);
            assert!(!twin, "two checks are called {}", check.name);
            let findings = check.findings(&nowhere);
            assert!(!findings.is_empty(), "{} says nothing", check.name);
            for finding in findings {
                assert!(!finding.message.contains('\n'), "{finding:?}");
            }
        }
    }
}
