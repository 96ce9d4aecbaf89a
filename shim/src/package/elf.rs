//! Whether the programs and libraries of a package run where it goes.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::Role;
use super::target::Presence;
use super::{Arch, Entry, PackageError, TargetOs, Warning};
use crate::plugin::preflight::{ElfFile, Form, PluginFile};

const ELF_MAGIC: &[u8; 4] = b"\x7fELF";
/// Where Lambda unpacks a package.
const TASK_ROOT: &str = "/var/task";

/// Where a package goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) arch: Arch,
    /// Whether the user named it.
    pub(super) asked: bool,
    pub(super) os: TargetOs,
    /// Libraries that layers bring.
    pub(super) layer_libraries: &'a [String],
}

/// A file to check: its name in the package, and what it is there.
struct Checked {
    role: Role,
    name: String,
    elf: ElfFile,
}

/// Checks the plugin, the bootstrap, and the libraries among the entries that they are linked with.
pub(super) fn check(
    target: Target<'_>,
    (plugin, plugin_entry): (&PluginFile, &Entry),
    bootstrap: &Entry,
    entries: &[Entry],
) -> Result<Vec<Warning>, PackageError> {
    let program = |role, entry: &Entry| -> Result<Checked, PackageError> {
        let elf = ElfFile::read(&entry.source).map_err(|error| match role {
            Role::Plugin => PackageError::Plugin(error),
            Role::Bootstrap => PackageError::Bootstrap(error),
            Role::Library => PackageError::Library(error),
        })?;
        let name = entry.name.clone();
        Ok(Checked { role, name, elf })
    };
    let mut files = vec![
        program(Role::Plugin, plugin_entry)?,
        program(Role::Bootstrap, bootstrap)?,
    ];
    check_bootstrap(&files[1].elf, plugin)?;
    // Libraries of libraries, too; others are data, whatever their names.
    let mut at = 0;
    while at < files.len() {
        for library in files[at].elf.needed.clone() {
            for entry in entries.iter().filter(|entry| is_called(entry, &library)) {
                let known = files.iter().any(|file| file.name == entry.name);
                if !known && is_elf(entry)? {
                    files.push(program(Role::Library, entry)?);
                }
            }
        }
        at += 1;
    }
    let mut warnings = Vec::new();
    for file in &files {
        check_machine(target, file)?;
        check_glibc(target, file)?;
        warnings.extend(check_libraries(target, file, &files)?);
        // Whoever packs a library of somebody else's does not rebuild it.
        if file.role != Role::Library {
            let elf = &file.elf;
            let symbols = if file.role == Role::Plugin {
                elf.symbol_bytes
            } else {
                0
            };
            warnings.extend(Warning::of_symbols(&elf.path, symbols, elf.debug_bytes));
        }
    }
    Ok(warnings)
}

/// Whether the last part of an entry's name is this one.
fn is_called(entry: &Entry, name: &str) -> bool {
    entry.name.rsplit('/').next() == Some(name)
}

fn is_elf(entry: &Entry) -> Result<bool, PackageError> {
    let failed = |error| super::entry::unreadable(&entry.source, &error);
    let mut start = Vec::new();
    let file = File::open(&entry.source).map_err(failed)?;
    file.take(ELF_MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(failed)?;
    Ok(start == ELF_MAGIC)
}

fn check_bootstrap(bootstrap: &ElfFile, plugin: &PluginFile) -> Result<(), PackageError> {
    let ours = |found| {
        let path = bootstrap.path.clone();
        Err(PackageError::NotOurBootstrap { path, found })
    };
    match bootstrap.form {
        Form::Executable => {}
        Form::SharedObject => return ours("it is a library, not a program"),
        Form::StaticExecutable => {
            return ours("it is linked statically, and could not load a plugin");
        }
    }
    let Some(host) = &bootstrap.host else {
        return ours("it is a program that loads no plugins");
    };
    if !host.abi.fits(plugin.abi) {
        return Err(PackageError::Abi {
            path: bootstrap.path.clone(),
            bootstrap: host.abi,
            plugin: plugin.abi,
        });
    }
    Ok(())
}

fn check_machine(target: Target<'_>, file: &Checked) -> Result<(), PackageError> {
    if file.elf.machine == target.arch.machine() {
        return Ok(());
    }
    Err(PackageError::Machine {
        role: file.role,
        path: file.elf.path.clone(),
        found: file.elf.machine.clone(),
        arch: target.arch,
        asked: target.asked,
    })
}

fn check_glibc(target: Target<'_>, file: &Checked) -> Result<(), PackageError> {
    let newer =
        |need: &&_| !crate::plugin::preflight::GlibcSymbols::are_in(need, target.os.glibc());
    let symbols: Vec<_> = file.elf.glibc.iter().filter(newer).cloned().collect();
    if symbols.is_empty() {
        return Ok(());
    }
    Err(PackageError::Glibc {
        role: file.role,
        path: file.elf.path.clone(),
        arch: target.arch,
        os: target.os,
        symbols,
    })
}

fn check_libraries(
    target: Target<'_>,
    file: &Checked,
    files: &[Checked],
) -> Result<Vec<Warning>, PackageError> {
    let (mut missing, mut warnings) = (Vec::new(), Vec::new());
    for library in &file.elf.needed {
        let elsewhere = target.layer_libraries.contains(library);
        if elsewhere || is_packed(library, file, files) {
            continue;
        }
        match target.os.library(library, target.arch) {
            Presence::Sure => {}
            Presence::ByChance => warnings.push(Warning::LibraryByChance {
                path: file.elf.path.clone(),
                library: library.clone(),
                os: target.os,
            }),
            Presence::Absent => missing.push(library.clone()),
        }
    }
    if missing.is_empty() {
        return Ok(warnings);
    }
    Err(PackageError::MissingLibrary {
        role: file.role,
        path: file.elf.path.clone(),
        arch: target.arch,
        os: target.os,
        libraries: missing,
    })
}

/// Whether a library is where the dynamic linker looks: in `/var/task` and `/var/task/lib`, which
/// Lambda's `LD_LIBRARY_PATH` names, or along the paths that the file was linked with. Of those it
/// cannot be told what lies outside of the package (in a layer, say), which is left to the linker.
fn is_packed(library: &str, file: &Checked, files: &[Checked]) -> bool {
    let packed = |name: &str| {
        let is = |other: &Checked| other.name == name && other.elf.form == Form::SharedObject;
        files.iter().any(is)
    };
    if packed(library) || packed(&format!("lib/{library}")) {
        return true;
    }
    let own = Path::new(&file.name).parent().unwrap_or(Path::new(""));
    let own = own.to_str().unwrap_or_default();
    let lists = file.elf.run_paths.iter().flat_map(|list| list.split(':'));
    lists.filter(|path| !path.is_empty()).any(|path| {
        let path = path.replace("${ORIGIN}", "$ORIGIN");
        let path = path.replace("$ORIGIN", &format!("{TASK_ROOT}/{own}"));
        match within(&format!("{path}/{library}")) {
            Some(name) => packed(&name),
            None => path.starts_with("/opt") || path.contains('$'),
        }
    })
}

/// A path in Lambda's file system as a name in the package; `None` if it is outside.
fn within(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let path = format!("/{}", parts.join("/"));
    let rest = path.strip_prefix(TASK_ROOT)?.strip_prefix('/')?;
    Some(rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn paths_lead_into_the_package_or_out_of_it() {
        let name = |path| within(path).unwrap_or_else(|| "outside".to_owned());
        assert_eq!(name("/var/task//lib/libx.so"), "lib/libx.so");
        assert_eq!(name("/var/task/a/../b/./libx.so"), "b/libx.so");
        assert_eq!(name("/var/task/../lib/libx.so"), "outside");
        assert_eq!(name("/opt/lib/libx.so"), "outside");
        assert_eq!(name("/var/tasks/libx.so"), "outside");
    }
}
