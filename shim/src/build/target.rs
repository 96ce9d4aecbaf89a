//! The system to build for.

use std::path::Path;
use std::process::{Command, Stdio};

use super::BuildError;
use crate::package::{Arch, TargetOs};

/// The system to build for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// This one, as cargo builds by default.
    This,
    /// A processor, and a system of AWS Lambda or any that is as new as this one.
    Other {
        /// The processor.
        arch: Arch,
        /// The system; none stands for one as this.
        os: Option<TargetOs>,
    },
}

impl Target {
    /// The target for a processor and a system, `None` of each being this one's.
    ///
    /// # Errors
    /// This processor is none of those that AWS Lambda has, and only a system was named.
    pub fn new(arch: Option<Arch>, os: Option<TargetOs>) -> Result<Self, BuildError> {
        let this = Arch::of_machine(std::env::consts::ARCH);
        match (arch, os) {
            (None, None) => Ok(Self::This),
            (Some(arch), None) if Some(arch) == this => Ok(Self::This),
            (arch, os) => match arch.or(this) {
                Some(arch) => Ok(Self::Other { arch, os }),
                None => Err(BuildError::NoArch),
            },
        }
    }

    /// Whether it is another processor than this one.
    pub fn is_foreign(self) -> bool {
        match self {
            Self::This => false,
            Self::Other { arch, .. } => arch.machine() != std::env::consts::ARCH,
        }
    }

    /// What cargo is told: its subcommand and the target; `None` to build as ever.
    ///
    /// For an older system on this processor, a build as ever may do, if `cargo zigbuild` is not
    /// there; [`check`](super::check) sees whether it does.
    pub(super) fn triple_for_cargo(self) -> Result<Option<(&'static str, String)>, BuildError> {
        let Self::Other { arch, os } = self else {
            return Ok(None);
        };
        if !has_zigbuild() {
            return match self.is_foreign() {
                true => Err(BuildError::NoZigbuild { arch }),
                false => Ok(None),
            };
        }
        has_std(arch)?;
        let glibc = os.map(|os| format!(".{}", os.glibc())).unwrap_or_default();
        Ok(Some(("zigbuild", format!("{}{glibc}", arch.triple()))))
    }
}

/// Whether `cargo zigbuild` is installed.
pub fn has_zigbuild() -> bool {
    let mut command = Command::new("cargo-zigbuild");
    command.arg("--version").stdin(Stdio::null());
    let output = command.output();
    output.is_ok_and(|output| output.status.success())
}

/// Whether the compiler has its standard library for a processor; if it cannot tell, cargo will.
fn has_std(arch: Arch) -> Result<(), BuildError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut rustc = Command::new(rustc);
    rustc.args(["--print", "target-libdir", "--target", &arch.triple()]);
    match rustc.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {
            let path = String::from_utf8_lossy(&output.stdout);
            match Path::new(path.trim()).exists() {
                true => Ok(()),
                false => Err(BuildError::NoStd { arch }),
            }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Target;
    use crate::package::{Arch, TargetOs};

    #[test]
    fn this_processor_by_its_name_is_this_system() {
        let this = Arch::of_machine(std::env::consts::ARCH);
        assert_eq!(Target::new(this, None).unwrap(), Target::This);
        assert_eq!(Target::new(None, None).unwrap(), Target::This);
    }

    #[test]
    fn an_older_system_is_another_target_on_the_same_processor() {
        let target = Target::new(None, Some(TargetOs::Al2)).unwrap();
        assert_ne!(target, Target::This);
        assert!(!target.is_foreign());
        let others = Arch::ALL.into_iter();
        for arch in others.filter(|arch| arch.machine() != std::env::consts::ARCH) {
            assert!(Target::new(Some(arch), None).unwrap().is_foreign());
        }
    }
}
