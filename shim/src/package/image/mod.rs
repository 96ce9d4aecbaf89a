//! From plugins to a container image, without a container engine.
//!
//! * [`Request`]: what is asked for; [`plan`] turns it into a [`Plan`], or says what would fail
//! * `libraries`: the shared libraries that shim and plugins need, found on this system
//! * `run`: how the image is run
//! * `tree`: the files of a layer; `layer`: its bytes
//! * `document`: the image's JSON; `archive`: the file with all of it
//!
//! The file is an image layout of OCI in a tar, with the `manifest.json` that `docker load` reads. The
//! image holds the shim, the plugins, their libraries with the dynamic linker, certificates, a user
//! that is not root, and an empty `/tmp`; nothing else: no shell, no package manager.
//!
//! The same files make the same image, byte for byte: entries stand in the order of their names, their
//! times are 1970-01-01T00:00:01Z, their owner is 0, their modes 0755 or 0644.

mod archive;
mod document;
mod error;
mod layer;
mod libraries;
mod plan;
mod reference;
mod run;
mod tree;

use std::path::PathBuf;

pub use document::{USER, go_arch};
pub use error::ImageError;
pub use plan::{Notice, Plan, Plugin, Request, plan};
pub use reference::Reference;

use super::output;

/// The most bytes that are packed, unpacked (1 GiB): the image is made in memory.
pub const MAX_UNPACKED: u64 = 1 << 30;

/// An image that was written.
#[derive(Debug, Clone)]
pub struct Image {
    /// Where it is.
    pub output: PathBuf,
    /// The file's size in bytes.
    pub size: u64,
    /// The digest of the manifest, which registries know it by: `sha256:…`.
    pub digest: String,
    /// The digest of the configuration, which Docker calls the image's id: `sha256:…`.
    pub id: String,
    /// The layers, from the lowest to the highest.
    pub layers: Vec<Layer>,
}

/// A layer that was written.
#[derive(Debug, Clone)]
pub struct Layer {
    /// What is in it: `system`, `shim` or `function`.
    pub name: &'static str,
    /// The digest of its compressed bytes: `sha256:…`.
    pub digest: String,
    /// Its size in bytes, compressed.
    pub size: u64,
    /// Its files, with their sizes in bytes.
    pub files: Vec<(String, u64)>,
}

/// Writes what is planned. `progress` is told the bytes that were packed since it was last told.
///
/// Until the whole image is on the disk the output stays as it was. Blocking. The image is made in
/// memory: twice its compressed size, which is at most a little more than [`MAX_UNPACKED`].
///
/// # Errors
/// A file cannot be read any more, or has changed; the output cannot be written.
pub fn write(plan: &Plan, progress: &mut dyn FnMut(u64)) -> Result<Image, ImageError> {
    let mut layers = Vec::with_capacity(plan.layers.len());
    for (name, tree) in &plan.layers {
        layers.push((*name, layer::pack(tree, progress)?));
    }
    let documents = document::make(plan, &layers)?;
    let bytes = archive::pack(&documents, &layers)?;
    output::publish(&plan.output, &bytes)?;
    let layers = plan.layers.iter().zip(&layers);
    let layers = layers.map(|((name, tree), (_, packed))| Layer {
        name,
        digest: packed.blob.digest.clone(),
        size: packed.blob.bytes.len() as u64,
        files: tree.files(),
    });
    Ok(Image {
        output: plan.output.clone(),
        size: bytes.len() as u64,
        digest: documents.manifest.digest.clone(),
        id: documents.config.digest.clone(),
        layers: layers.collect(),
    })
}
