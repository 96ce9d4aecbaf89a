//! The way out of each [`PackageError`].

use super::super::target::{Arch, TargetOs};
use super::{PackageError, Role};
use crate::plugin::LoadError;

impl PackageError {
    /// What to do about the error, where something general can be said: one line, to stand below
    /// the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Plugin(LoadError::NoHandler { available, .. }) => {
                format!("name one of them: `--handler {}`", available.first()?)
            }
            Self::Plugin(error) => return error.hint(),
            Self::Bootstrap(_) | Self::NotOurBootstrap { .. } => {
                format!("build it with `{}`", build(Role::Bootstrap))
            }
            Self::NoBootstrap { .. } => format!(
                "build it with `{}` and name it: `--bootstrap target/lambda/bootstrap`",
                build(Role::Bootstrap)
            ),
            Self::Library(_) => "include the library itself, whole".to_owned(),
            Self::Abi { .. } => format!(
                "build both with one version of shim: `{}`, and `plugin-api` of that version in \
                 the plugin's Cargo.toml",
                build(Role::Bootstrap)
            ),
            Self::PluginName { .. } => {
                "Lambda's handler `orders.create` is found in orders.so or liborders.so; give the \
                 file such a name"
                    .to_owned()
            }
            Self::NoSuchMachine { .. } => {
                let target = Arch::X86_64.triple();
                format!("build it with `{} --target {target}`", build(Role::Plugin))
            }
            Self::Machine {
                role: Role::Library,
                arch,
                ..
            } => format!("include a library that is built for {}", arch.machine()),
            Self::Machine {
                role: Role::Bootstrap,
                arch,
                ..
            } => {
                let target = arch.triple();
                format!(
                    "build it with `{} --target {target}` and name it: \
                     `--bootstrap target/{target}/lambda/bootstrap`",
                    build(Role::Bootstrap)
                )
            }
            Self::Machine { arch, .. } => {
                format!(
                    "build it with `{} --target {}`",
                    build(Role::Plugin),
                    arch.triple()
                )
            }
            Self::Glibc {
                role: Role::Library,
                os,
                ..
            } => format!("include the library as {} has it", os.name()),
            Self::Glibc { role, arch, os, .. } => {
                format!("build it with `{}`", zigbuild(*role, *arch, *os))
            }
            Self::MissingLibrary { libraries, .. } if libraries.iter().any(|l| is_musl(l)) => {
                "it was built for musl; build it for glibc".to_owned()
            }
            Self::MissingLibrary { libraries, .. } => {
                let library = libraries.first()?;
                format!(
                    "link it statically, or pack it: `--include lib/{library}=PATH`; if a layer \
                     has it: `--layer-library {library}`"
                )
            }
            Self::Link { path } => format!(
                "include a copy without links: `cp -rL {0} {0}.copy`",
                path.display()
            ),
            Self::NoName { path } => {
                format!("give it a name: `--include NAME={}`", path.display())
            }
            Self::BadName { .. } => {
                "a name in the package is a relative path without `..`: `--include NAME=PATH`"
                    .to_owned()
            }
            Self::Duplicate { .. } | Self::Shadowed { .. } => {
                "leave one out, or rename it: `--include NAME=PATH`".to_owned()
            }
            Self::TooLarge { .. } => {
                "strip the plugin (`strip = true` in [profile.release]); put large files into S3, \
                 or use a container image"
                    .to_owned()
            }
            Self::OutputIsPacked { .. } => "choose another place with --output".to_owned(),
            Self::NotFound { path } if path.to_string_lossy().contains('=') => {
                "`--include NAME=PATH` packs PATH under NAME; a path with a `=` needs a NAME too"
                    .to_owned()
            }
            Self::Special { .. }
            | Self::NotFound { .. }
            | Self::Unreadable { .. }
            | Self::TooMany { .. }
            | Self::Output { .. }
            | Self::Write { .. }
            | Self::Archive(_) => return None,
        };
        Some(hint)
    }
}

/// Libraries that only a build for musl needs.
fn is_musl(library: &str) -> bool {
    library == "libc.so" || library.starts_with("libc.musl-")
}

fn build(role: Role) -> &'static str {
    match role {
        Role::Bootstrap => "cargo build --profile lambda --bin bootstrap -p shim",
        _ => "cargo build --release --lib",
    }
}

fn zigbuild(role: Role, arch: Arch, os: TargetOs) -> String {
    let rest = build(role).replace("cargo build", "cargo zigbuild");
    format!("{rest} --target {}.{}", arch.triple(), os.glibc())
}
