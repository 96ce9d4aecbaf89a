//! What was written, and what to type next.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::package::word;
use crate::package::image::{Image, Plan, USER, go_arch};

/// All there is to say of an image.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    output: String,
    /// Of the file, in bytes.
    size: u64,
    unpacked: u64,
    tag: String,
    digest: String,
    id: String,
    platform: String,
    user: &'static str,
    entrypoint: Vec<String>,
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    layers: Vec<LayerReport>,
    warnings: Vec<String>,
    next: Next,
}

#[derive(Debug, Serialize)]
struct LayerReport {
    name: &'static str,
    digest: String,
    /// Compressed, in bytes.
    size: u64,
    files: Vec<FileReport>,
}

#[derive(Debug, Serialize)]
struct FileReport {
    path: String,
    size: u64,
}

/// Commands to type, each for itself.
#[derive(Debug, Serialize)]
struct Next {
    docker: String,
    podman: String,
    run: String,
    registry: String,
    lambda: String,
}

impl Report {
    pub(super) fn new(plan: &Plan, image: &Image) -> Self {
        let layers = image.layers.iter().map(|layer| {
            let files = layer.files.iter().cloned();
            LayerReport {
                name: layer.name,
                digest: layer.digest.clone(),
                size: layer.size,
                files: files
                    .map(|(path, size)| FileReport { path, size })
                    .collect(),
            }
        });
        Self {
            output: image.output.display().to_string(),
            size: image.size,
            unpacked: plan.unpacked(),
            tag: plan.tag.to_string(),
            digest: image.digest.clone(),
            id: image.id.clone(),
            platform: format!("linux/{}", go_arch(plan.arch)),
            user: USER,
            entrypoint: plan.entrypoint.clone(),
            env: plan.variables.clone(),
            labels: plan.labels.clone(),
            layers: layers.collect(),
            warnings: plan.notices.iter().map(ToString::to_string).collect(),
            next: next(plan, image),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let files = self.layers.iter().flat_map(|layer| &layer.files);
        let width = files.map(|file| file.path.chars().count()).max();
        let width = width.unwrap_or(0).max("unpacked".len());
        let mut row = |name: &str, size: &str, packed: &str| {
            let line = format!("{name:<width$} {size:>12} {packed:>12}");
            let _ = writeln!(text, "{}", line.trim_end());
        };
        row("layer", "bytes", "packed");
        for layer in &self.layers {
            row(layer.name, "", &layer.size.to_string());
            for file in &layer.files {
                row(&file.path, &file.size.to_string(), "");
            }
        }
        row("unpacked", &self.unpacked.to_string(), "");
        row("image", "", &self.size.to_string());
        let _ = writeln!(
            text,
            "\nwrote {}: {} for {}\ndigest {}\nid     {}\n",
            self.output, self.tag, self.platform, self.digest, self.id
        );
        let next = &self.next;
        for (title, command) in [
            ("load it", &next.docker),
            ("or with podman", &next.podman),
            ("serve", &next.run),
            ("or put it into a registry", &next.registry),
            ("from there it runs in AWS Lambda as it is", &next.lambda),
        ] {
            let _ = writeln!(text, "# {title}\n{command}\n");
        }
        text
    }
}

fn next(plan: &Plan, image: &Image) -> Next {
    let file = word(&image.output.display().to_string());
    let (tag, port) = (&plan.tag, &plan.port);
    let short = plan.tag.short_name();
    let ecr = format!("ACCOUNT.dkr.ecr.REGION.amazonaws.com/{short}:{}", tag.tag());
    Next {
        docker: format!("docker load --input {file}"),
        podman: format!("podman load --input {file}"),
        run: format!(
            "docker run --rm --read-only --tmpfs /tmp -p 8080:{} {tag}",
            word(port)
        ),
        registry: format!("docker tag {tag} {ecr} && docker push {ecr}"),
        lambda: format!(
            "aws lambda create-function --function-name {} --package-type Image \
             --code ImageUri={ecr} --architectures {} --role ROLE_ARN",
            short.replace('.', "-"),
            plan.arch.name()
        ),
    }
}
