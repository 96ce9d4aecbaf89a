//! How an image is run: its entry point, variables and labels.

use std::collections::BTreeMap;

use super::Request;
use crate::package::PackageError;
use crate::package::entry::own_name;
use crate::plugin::preflight::{ElfFile, PluginFile};

/// Where the plugins lie, and the working directory.
pub(super) const TASK_ROOT: &str = "/var/task";
/// Where the program lies.
pub(super) const SHIM: &str = "/usr/local/bin/shim";
/// Where programs look for certificates.
pub(super) const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The port that it serves on, unless its environment says another.
pub(super) const PORT: &str = "8080";

/// What is of the shim itself, rather than of a function.
fn is_of_shim(name: &str) -> bool {
    name.starts_with("SHIM_") || ["PORT", "RUST_LOG", "NO_COLOR"].contains(&name)
}

/// Without a command, so that it becomes the bootstrap in AWS Lambda.
pub(super) fn entrypoint(request: &Request) -> Result<Vec<String>, PackageError> {
    let mut words = vec![SHIM.to_owned()];
    for plugin in &request.plugins {
        let name = plugin.name.as_ref().map(|name| format!("{name}="));
        let handler = plugin.handler.as_ref().map(|name| format!("#{name}"));
        let file = own_name(&plugin.path)?;
        words.push("--plugin".to_owned());
        words.push(format!(
            "{}{TASK_ROOT}/{file}{}",
            name.unwrap_or_default(),
            handler.unwrap_or_default()
        ));
    }
    if let Some(handler) = &request.handler {
        words.extend(["--handler".to_owned(), handler.clone()]);
    }
    for (name, value) in &request.variables {
        if !is_of_shim(name) {
            words.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
    }
    Ok(words)
}

pub(super) fn variables(request: &Request, without_certificates: bool) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<_, _> = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("PORT", PORT),
        ("SSL_CERT_FILE", CERTIFICATES),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if without_certificates {
        variables.remove("SSL_CERT_FILE");
    }
    variables.extend(request.variables.iter().cloned());
    variables
}

pub(super) fn labels(
    request: &Request,
    plugins: &[(PluginFile, ElfFile)],
) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    if let Some((plugin, _)) = plugins.first() {
        let package = &plugin.package;
        for (name, value) in [
            ("title", &package.name),
            ("version", &package.version),
            ("description", &package.description),
        ] {
            if !value.is_empty() {
                labels.insert(format!("org.opencontainers.image.{name}"), value.clone());
            }
        }
    }
    labels.extend(request.labels.iter().cloned());
    labels
}
