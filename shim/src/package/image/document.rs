//! The image's JSON: configuration, manifest, index, and the list that Docker reads.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::layer::{Blob, LayerBlob};
use super::{ImageError, Plan};
use crate::package::Arch;

/// The user and the group that the image runs as, by number: orchestrators check that it is not 0.
pub const USER: &str = "65532:65532";
/// When everything was made, as far as the image says.
const CREATED: &str = "1970-01-01T00:00:00Z";

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// All documents of an image.
#[derive(Debug)]
pub(super) struct Documents {
    pub(super) config: Blob,
    pub(super) manifest: Blob,
    /// `index.json`
    pub(super) index: Vec<u8>,
    /// `oci-layout`
    pub(super) layout: Vec<u8>,
    /// `manifest.json`, Docker's own.
    pub(super) docker: Vec<u8>,
}

#[derive(Serialize)]
struct Config<'a> {
    created: &'a str,
    architecture: &'a str,
    os: &'a str,
    config: Run<'a>,
    rootfs: RootFs<'a>,
    history: Vec<Value>,
}

/// How it is run. The words are Docker's.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Run<'a> {
    user: &'a str,
    exposed_ports: Value,
    env: Vec<String>,
    entrypoint: &'a [String],
    working_dir: &'a str,
    labels: &'a BTreeMap<String, String>,
    stop_signal: &'a str,
}

#[derive(Serialize)]
struct RootFs<'a> {
    r#type: &'a str,
    diff_ids: Vec<&'a str>,
}

/// The word for a processor in images.
pub fn go_arch(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "amd64",
        Arch::Arm64 => "arm64",
    }
}

/// Writes the documents of an image with these layers.
pub(super) fn make(
    plan: &Plan,
    layers: &[(&'static str, LayerBlob)],
) -> Result<Documents, ImageError> {
    let architecture = go_arch(plan.arch);
    let history = layers.iter().map(
        |(name, _)| json!({ "created": CREATED, "created_by": "shim image", "comment": name }),
    );
    let config = blob(&Config {
        created: CREATED,
        architecture,
        os: "linux",
        config: Run {
            user: USER,
            exposed_ports: json!({ format!("{}/tcp", plan.port): {} }),
            env: plan
                .variables
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect(),
            entrypoint: &plan.entrypoint,
            working_dir: super::run::TASK_ROOT,
            labels: &plan.labels,
            stop_signal: "SIGTERM",
        },
        rootfs: RootFs {
            r#type: "layers",
            diff_ids: layers
                .iter()
                .map(|(_, l)| l.plain_digest.as_str())
                .collect(),
        },
        history: history.collect(),
    })?;
    let described = layers
        .iter()
        .map(|(_, layer)| descriptor(LAYER, &layer.blob));
    let manifest = blob(&json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": described.collect::<Vec<_>>(),
    }))?;
    let mut entry = descriptor(MANIFEST, &manifest);
    entry["platform"] = json!({ "architecture": architecture, "os": "linux" });
    entry["annotations"] = json!({
        "io.containerd.image.name": plan.tag.canonical(),
        "org.opencontainers.image.ref.name": plan.tag.tag(),
    });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
    let paths = layers.iter().map(|(_, layer)| layer.blob.path());
    let docker = json!([{
        "Config": config.path(),
        "RepoTags": [plan.tag.to_string()],
        "Layers": paths.collect::<Vec<_>>(),
    }]);
    Ok(Documents {
        index: bytes(&index)?,
        layout: bytes(&json!({ "imageLayoutVersion": "1.0.0" }))?,
        docker: bytes(&docker)?,
        config,
        manifest,
    })
}

fn descriptor(media_type: &str, blob: &Blob) -> Value {
    json!({ "mediaType": media_type, "digest": blob.digest, "size": blob.bytes.len() })
}

fn blob(document: &impl Serialize) -> Result<Blob, ImageError> {
    bytes(document).map(Blob::new)
}

fn bytes(document: &impl Serialize) -> Result<Vec<u8>, ImageError> {
    serde_json::to_vec(document).map_err(|error| ImageError::Document(error.to_string()))
}
