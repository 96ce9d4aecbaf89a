//! A crate with handlers must be built as a `cdylib`; nothing else would say so.

use proc_macro2::Span;
use syn::Error;

/// Looks at what the compiler was asked for, and into the manifest of the crate being compiled.
pub(crate) fn check() -> syn::Result<()> {
    // `cargo rustc --crate-type cdylib`; also spares the look into the manifest.
    if std::env::args().any(|argument| argument.contains("cdylib")) {
        return Ok(());
    }
    // plugin-api's own documentation and compile tests are no plugins.
    if env("CARGO_PKG_NAME").is_some_and(|name| name.starts_with("plugin-api")) {
        return Ok(());
    }
    let Some(folder) = env("CARGO_MANIFEST_DIR") else {
        return Ok(());
    };
    let path = std::path::Path::new(&folder).join("Cargo.toml");
    // Not to be read: cargo would have complained, or this is not cargo.
    let Ok(manifest) = std::fs::read_to_string(path) else {
        return Ok(());
    };
    let builds_cdylib = manifest
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .any(|line| line.contains("cdylib"));
    if builds_cdylib {
        return Ok(());
    }
    Err(Error::new(
        Span::call_site(),
        "a crate with handlers must be built as a `cdylib`\n\
         help: add this to its Cargo.toml, with the code in src/lib.rs:\n\n    \
         [lib]\n    crate-type = [\"cdylib\"]\n",
    ))
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
