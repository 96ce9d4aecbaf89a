//! The files of `docs/deploy`, read by programs that know what the systems they are for take.

use std::fs;
use std::path::PathBuf;

use shim_testkit::{Value, json};

use crate::environment::{self, Client, Missing};

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy");
    root.join(name)
}

/// The program, if it can be had.
fn found(name: &str, program: Result<Client, Missing>) -> Option<Client> {
    program
        .inspect_err(|missing| crate::skip(name, missing))
        .ok()
}

#[test]
fn cfn_lint_takes_the_templates_of_sam() {
    let Some(lint) = found("cfn-lint", environment::reader("cfn-lint")) else {
        return;
    };
    let files = [path("sam.yaml"), path("sam-image.yaml")];
    lint.command().words(files).run().expect_code(0);
    // It would see what is wrong.
    let wrong = fs::read_to_string(path("sam.yaml")).unwrap();
    let wrong = wrong.replace("MemorySize: 256", "MemorySise: 256");
    let copy = lint.folder().join("wrong.yaml");
    fs::write(&copy, wrong).unwrap();
    let finished = lint.command().word(copy).run();
    assert_ne!(finished.code(), 0);
    finished.expect_stdout("MemorySise");
}

#[test]
fn kubernetes_validate_takes_the_objects() {
    let name = "kubernetes-validate";
    let Some(validate) = found(name, environment::reader(name)) else {
        return;
    };
    let command = validate.command().word("--strict");
    command.word(path("kubernetes.yaml")).run().expect_code(0);
}

#[test]
fn the_schemas_of_knative_take_its_service() {
    let Some(reader) = found("Knative's schemas", environment::knative()) else {
        return;
    };
    let text = fs::read_to_string(path("knative.yaml")).unwrap();
    let mut service: Value = serde_saphyr::from_str(&text).unwrap();
    let read = |service: &Value| {
        let file = reader.folder().join("service.json");
        fs::write(&file, service.to_string()).unwrap();
        reader.command().word(file).run()
    };
    read(&service).expect_code(0);
    // They would see what is wrong.
    service["spec"]["template"]["spec"]["containerConcurrency"] = json!("many");
    read(&service).expect_stderr("containerConcurrency must be integer");
}
