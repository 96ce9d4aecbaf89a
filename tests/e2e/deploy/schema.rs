//! The YAML for Kubernetes, by the schemas that Kubernetes publishes; and the readers of others, where
//! they are installed.

use std::process::Command;

use serde_json::Value;

use super::{documents, path, text};

const SCHEMAS: &str = include_str!("kubernetes.schema.json");

/// What is wrong with an object of Kubernetes.
fn problems(object: &Value, name: &str) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(SCHEMAS).unwrap();
    assert!(schema["$defs"][name].is_object(), "no schema of {name}");
    schema["$ref"] = format!("#/$defs/{name}").into();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(object);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect()
}

const NAMES: [&str; 4] = [
    "io.k8s.api.apps.v1.Deployment",
    "io.k8s.api.core.v1.Service",
    "io.k8s.api.networking.v1.Ingress",
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
];

#[test]
fn kubernetes_takes_its_objects() {
    let objects = documents("kubernetes.yaml");
    assert_eq!(objects.len(), NAMES.len());
    for (object, name) in objects.iter().zip(NAMES) {
        assert_eq!(problems(object, name), [""; 0], "{name}");
    }
    // It would see what is wrong.
    let mut deployment = objects[0].clone();
    let container = &mut deployment["spec"]["template"]["spec"]["containers"][0];
    container["readinessProb"] = container["readinessProbe"].take();
    container["ports"][0]["containerPort"] = "http".into();
    let problems = problems(&deployment, NAMES[0]).join("\n");
    assert!(problems.contains("readinessProb'"), "{problems}");
    assert!(problems.contains("containerPort"), "{problems}");
}

/// Runs a program that has to find a file good, if it is installed.
fn agrees(program: &str, arguments: &[&str]) {
    match Command::new(program).args(arguments).output() {
        Ok(output) => assert!(
            output.status.success(),
            "{program} {arguments:?}: {output:?}"
        ),
        Err(_) => crate::folder::skipped(&format!("{program} {arguments:?}: not installed")),
    }
}

#[test]
fn other_readers_agree() {
    let file = |name: &str| path(name).to_str().unwrap().to_owned();
    agrees(
        "kubernetes-validate",
        &["--strict", &file("kubernetes.yaml")],
    );
    agrees("cfn-lint", &[&file("sam.yaml"), &file("sam-image.yaml")]);
    // The unit names a program that is not installed here.
    let unit = text("shim.service").replace("/usr/local/bin/shim", env!("CARGO_BIN_EXE_shim"));
    let folder = shim_testkit::TempDir::new().unwrap();
    let [service, socket] = ["shim.service", "shim.socket"].map(|name| {
        let copy = folder.path().join(name);
        copy.to_str().unwrap().to_owned()
    });
    std::fs::write(&service, unit).unwrap();
    std::fs::copy(path("shim.socket"), &socket).unwrap();
    agrees("systemd-analyze", &["verify", &service, &socket]);
}
