//! Version numbers: of the plugin ABI, and of glibc's symbols.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The ABI version that this shim speaks.
pub const ABI_VERSION: Version = match Version::parse(plugin_api_abi::ABI_VERSION) {
    Some(version) => version,
    None => panic!("the version of plugin-api-abi is not of the form 1.2.3"),
};

/// A version of the plugin ABI, `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Differs: nothing fits.
    pub major: u32,
    /// Higher: something was added.
    pub minor: u32,
    /// Never matters.
    pub patch: u32,
}

impl Version {
    /// Reads `1.2.3`; anything more or less is `None`.
    pub const fn parse(text: &str) -> Option<Self> {
        // A `const fn` has no iterators yet, hence the index.
        let text = text.as_bytes();
        let mut numbers = [0_u32; 3];
        let (mut at, mut number, mut digits) = (0, 0, 0);
        while at < text.len() {
            match text[at] {
                b'.' if digits > 0 && number < 2 => {
                    number += 1;
                    digits = 0;
                }
                digit @ b'0'..=b'9' => {
                    let Some(tens) = numbers[number].checked_mul(10) else {
                        return None;
                    };
                    let Some(sum) = tens.checked_add((digit - b'0') as u32) else {
                        return None;
                    };
                    numbers[number] = sum;
                    digits += 1;
                }
                _ => return None,
            }
            at += 1;
        }
        if number < 2 || digits == 0 {
            return None;
        }
        let [major, minor, patch] = numbers;
        Some(Self {
            major,
            minor,
            patch,
        })
    }

    /// Whether a plugin and a shim of these two versions may work together, whichever is newer:
    /// the same major number and, as long as that is 0, the same minor number.
    pub const fn fits(self, other: Self) -> bool {
        self.major == other.major && (self.major != 0 || self.minor == other.minor)
    }

    /// The part of the version that has to be the same: `1`, or `0.3`.
    pub(crate) fn line(self) -> String {
        match self.major {
            0 => format!("0.{}", self.minor),
            major => major.to_string(),
        }
    }
}

impl FromStr for Version {
    type Err = NotAVersion;
    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        Self::parse(text).ok_or_else(|| NotAVersion(text.to_owned()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that should have been a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of the form 1.2.3")]
pub struct NotAVersion(String);

/// A version of glibc, or of one of its symbols: `2.34`, `2.2.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlibcVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl GlibcVersion {
    /// The release `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }

    /// Reads the name of a symbol version, `GLIBC_2.34`; other names (`GLIBC_PRIVATE`) are `None`.
    pub fn of_symbol(name: &str) -> Option<Self> {
        let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
        let version = Self {
            major: numbers.next()?.ok()?,
            minor: numbers.next()?.ok()?,
            patch: numbers.next().unwrap_or(Ok(0)).ok()?,
        };
        numbers.next().is_none().then_some(version)
    }
}

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

impl Serialize for GlibcVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{GlibcVersion, Version};

    #[test]
    fn a_version_has_exactly_three_numbers() {
        let version: Version = "1.20.3".parse().unwrap();
        assert_eq!((version.major, version.minor, version.patch), (1, 20, 3));
        assert_eq!(version.to_string(), "1.20.3");
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.",
            "1..2",
            ".1.2",
            "1.2.3.4",
            "1.2.3-rc.1",
            "+1.2.3",
        ] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Version::parse("1.2.4294967296"), None);
    }

    #[test]
    fn versions_fit_within_a_major_number_and_below_1_within_a_minor_number() {
        let fits = |a: &str, b: &str| Version::parse(a).unwrap().fits(Version::parse(b).unwrap());
        assert!(fits("1.0.0", "1.7.2") && fits("1.7.2", "1.0.0"));
        assert!(!fits("1.0.0", "2.0.0") && !fits("0.9.0", "1.0.0"));
        assert!(fits("0.3.0", "0.3.9") && !fits("0.3.0", "0.4.0"));
    }

    #[test]
    fn glibc_versions_are_ordered_by_number() {
        let version = |name| GlibcVersion::of_symbol(name);
        assert!(version("GLIBC_2.34") > version("GLIBC_2.4"));
        assert!(version("GLIBC_2.2.5") < version("GLIBC_2.3"));
        assert_eq!(version("GLIBC_2.2.5").unwrap().to_string(), "2.2.5");
        assert_eq!(version("GLIBC_2.34").unwrap().to_string(), "2.34");
        for other in [
            "GLIBC_PRIVATE",
            "GLIBC_ABI_DT_RELR",
            "GCC_3.0",
            "GLIBC_2",
            "GLIBC_2.1.2.3",
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
