//! Where a package is to run: the processor, the system, and what is there.

use crate::plugin::preflight::GlibcVersion;

use super::system_libraries as libraries;

/// The most that Lambda unpacks of a function and its layers, in bytes (250 MiB).
pub const MAX_UNPACKED: u64 = 250 << 20;

/// The largest zip that Lambda takes in a request, in bytes (50 MiB); larger ones come from S3.
pub const MAX_DIRECT: u64 = 50 << 20;

/// A processor that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// Intel and AMD, 64 bits.
    X86_64,
    /// Graviton: AArch64.
    Arm64,
}

impl Arch {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::Arm64];

    /// Lambda's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// Rust's word for it.
    pub fn machine(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// The one that Rust calls `machine`, if Lambda has it.
    pub fn of_machine(machine: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.machine() == machine)
    }

    /// The target that rustc builds for it.
    pub fn triple(self) -> String {
        format!("{}-unknown-linux-gnu", self.machine())
    }
}

/// A system that Lambda runs programs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetOs {
    /// Amazon Linux 2023.
    Al2023,
    /// Amazon Linux 2.
    Al2,
}

impl TargetOs {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Al2023, Self::Al2];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Al2023 => "al2023",
            Self::Al2 => "al2",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Al2023 => "Amazon Linux 2023",
            Self::Al2 => "Amazon Linux 2",
        }
    }

    /// The runtime that has it.
    pub fn runtime(self) -> &'static str {
        match self {
            Self::Al2023 => "provided.al2023",
            Self::Al2 => "provided.al2",
        }
    }

    /// Its glibc.
    pub fn glibc(self) -> GlibcVersion {
        match self {
            Self::Al2023 => GlibcVersion::new(2, 34),
            Self::Al2 => GlibcVersion::new(2, 26),
        }
    }

    /// Whether a library is there, and how surely.
    pub fn library(self, name: &str, arch: Arch) -> Presence {
        let (system, tools) = match self {
            Self::Al2023 => (libraries::AL2023, libraries::AL2023_TOOLS),
            Self::Al2 => (libraries::AL2, libraries::AL2_TOOLS),
        };
        let own = |list: &[&str]| list.contains(&name);
        // The dynamic linker itself, under whichever name.
        let linker = name.starts_with("ld-linux-");
        let vector_math = name == "libmvec.so.1" && arch == Arch::X86_64;
        if own(libraries::GLIBC) || own(system) || linker || vector_math {
            Presence::Sure
        } else if own(tools) {
            Presence::ByChance
        } else {
            Presence::Absent
        }
    }
}

/// Whether a system has a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is a part of the system.
    Sure,
    /// It is there for the sake of the system's own tools, and may go with them.
    ByChance,
    /// It is not there.
    Absent,
}

#[cfg(test)]
mod tests {
    use super::{Arch, Presence, TargetOs};

    #[test]
    fn each_system_has_libraries_of_its_own() {
        let on = |os: TargetOs, name| os.library(name, Arch::X86_64);
        for os in TargetOs::ALL {
            assert_eq!(on(os, "libc.so.6"), Presence::Sure);
            assert_eq!(on(os, "libgcc_s.so.1"), Presence::Sure);
            assert_eq!(on(os, "ld-linux-x86-64.so.2"), Presence::Sure);
            assert_eq!(on(os, "libcurl.so.4"), Presence::ByChance);
            assert_eq!(on(os, "libssl.so.1.1"), Presence::Absent);
            assert_eq!(on(os, "libc.so"), Presence::Absent, "musl's");
        }
        assert_eq!(on(TargetOs::Al2023, "libssl.so.3"), Presence::ByChance);
        assert_eq!(on(TargetOs::Al2, "libssl.so.3"), Presence::Absent);
        assert_eq!(on(TargetOs::Al2023, "libcrypt.so.1"), Presence::Absent);
        assert_eq!(on(TargetOs::Al2, "libcrypt.so.1"), Presence::Sure);
        let vector_math = |arch| TargetOs::Al2023.library("libmvec.so.1", arch);
        assert_eq!(vector_math(Arch::X86_64), Presence::Sure);
        assert_eq!(vector_math(Arch::Arm64), Presence::Absent);
    }
}
