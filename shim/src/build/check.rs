//! Whether what was built runs where it is to run.

use std::path::Path;

use super::{BuildError, Target};
use crate::package::Arch;
use crate::plugin::preflight::{self, PluginFile};

/// Examines a file that was built for `target`, as `shim inspect` does, without running any of it.
///
/// # Errors
/// It is no plugin, or needs what the target does not have.
pub fn check(file: &Path, target: Target) -> Result<PluginFile, BuildError> {
    let Target::Other { arch, os } = target else {
        return Ok(preflight::examine(file)?);
    };
    let plugin = match target.is_foreign() || os.is_some() {
        true => preflight::identify(file)?,
        false => preflight::examine(file)?,
    };
    if Arch::of_machine(&plugin.machine) != Some(arch) {
        return Err(BuildError::Machine {
            path: file.to_owned(),
            found: plugin.machine,
            arch,
        });
    }
    if let (Some(os), Some(need)) = (os, &plugin.glibc)
        && need.version > os.glibc()
    {
        return Err(BuildError::Glibc {
            path: file.to_owned(),
            need: need.clone(),
            os,
        });
    }
    Ok(plugin)
}
