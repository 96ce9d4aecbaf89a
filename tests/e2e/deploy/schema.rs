//! The YAML for Kubernetes, by the schemas that Kubernetes publishes, and the unit, by systemd itself,
//! where it is installed. `tests/clients/readers.rs` has the readers that have to be fetched.

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

#[test]
fn systemd_takes_the_units() {
    // The unit names a program that is not installed here.
    let unit = text("shim.service").replace("/usr/local/bin/shim", env!("CARGO_BIN_EXE_shim"));
    let folder = shim_testkit::TempDir::new().unwrap();
    let [service, socket] = ["shim.service", "shim.socket"].map(|name| folder.path().join(name));
    std::fs::write(&service, unit).unwrap();
    std::fs::copy(path("shim.socket"), &socket).unwrap();
    let asked = Command::new("systemd-analyze")
        .arg("verify")
        .args([service, socket])
        .output();
    match asked {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(_) => crate::folder::skipped("systemd-analyze: not installed"),
    }
}
