//! The files of `docs/deploy`, held against the shim itself: what they say of ports, paths and flags
//! is tried. Objects of Kubernetes are held against its schemas (`schema`); those of Knative and SAM
//! have to be fetched: `tests/clients/readers.rs`.

mod schema;

use std::path::PathBuf;

use shim_testkit::{Shim, Value, json, plugin};

use crate::shim;

const NAME: &str = "app.kubernetes.io/name";

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy");
    root.join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The documents of a YAML file.
fn documents(name: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&text(name)).unwrap()
}

fn words(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Serves a plugin with the flags of a file: on ports of its own, whatever the flags say of them.
fn serve_with(flags: &[String]) -> Shim {
    let mut flags = flags.to_vec();
    if let Some(at) = flags.iter().position(|flag| flag == "--admin") {
        assert!(flags[at + 1].ends_with(":8081"), "{flags:?}");
        flags[at + 1] = "127.0.0.1:0".to_owned();
    }
    let command = shim().command().arg("--plugin", plugin("example-plugin"));
    command.words(flags).env("PORT", "0").start()
}

/// The one with this kind.
#[track_caller]
fn of_kind(documents: &[Value], kind: &str, version: &str) -> Value {
    let mut found = documents.iter().filter(|document| document["kind"] == kind);
    let one = found.next().unwrap_or_else(|| panic!("no {kind}")).clone();
    assert!(found.next().is_none(), "several {kind}");
    assert_eq!(one["apiVersion"], version, "{kind}");
    assert_eq!(one["metadata"]["name"], "orders", "{kind}");
    one
}

#[test]
fn the_deployment_asks_the_paths_that_there_are() {
    let deployment = of_kind(&documents("kubernetes.yaml"), "Deployment", "apps/v1");
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let shim = serve_with(&words(&container["args"]));
    shim.get("/items").expect_status(200);

    let ports = json!([
        { "name": "http", "containerPort": 8080 },
        { "name": "admin", "containerPort": 8081 },
    ]);
    assert_eq!(container["ports"], ports);
    assert_eq!(
        container["env"][0],
        json!({ "name": "PORT", "value": "8080" })
    );
    for (probe, path) in [
        ("startupProbe", "/ready"),
        ("readinessProbe", "/ready"),
        ("livenessProbe", "/live"),
    ] {
        let asked = &container[probe]["httpGet"];
        assert_eq!(*asked, json!({ "path": path, "port": "admin" }), "{probe}");
        shim.get_admin(asked["path"].as_str().unwrap())
            .expect_status(200);
    }
    let notes = &deployment["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(notes["prometheus.io/port"], "8081");
    let metrics = shim.get_admin(notes["prometheus.io/path"].as_str().unwrap());
    assert!(
        metrics
            .expect_status(200)
            .text()
            .contains("shim_build_info")
    );
}

#[test]
fn the_deployment_ends_in_time_and_without_rights() {
    let deployment = of_kind(&documents("kubernetes.yaml"), "Deployment", "apps/v1");
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let args = words(&container["args"]);
    let grace = args.iter().position(|word| word == "--grace").unwrap();
    let grace: u64 = args[grace + 1].trim_end_matches('s').parse().unwrap();
    let sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        .as_u64()
        .unwrap();
    let all = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(sleep + grace < all, "{sleep} + {grace} s, of {all}");

    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["runAsUser"], 65532);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["volumeMounts"][0]["mountPath"], "/tmp");
    assert_eq!(
        container["volumeMounts"][0]["name"],
        pod["volumes"][0]["name"]
    );
    // The image has no shell.
    assert!(container["command"].is_null());
}

#[test]
fn what_belongs_to_the_deployment_finds_it() {
    let all = documents("kubernetes.yaml");
    assert_eq!(all.len(), 4);
    let deployment = of_kind(&all, "Deployment", "apps/v1");
    let service = of_kind(&all, "Service", "v1");
    let ingress = of_kind(&all, "Ingress", "networking.k8s.io/v1");
    let scaler = of_kind(&all, "HorizontalPodAutoscaler", "autoscaling/v2");

    let spec = &deployment["spec"];
    assert_eq!(spec["selector"]["matchLabels"], json!({ NAME: "orders" }));
    assert_eq!(spec["template"]["metadata"]["labels"][NAME], "orders");
    assert!(spec["replicas"].is_null(), "the autoscaler's");
    assert_eq!(service["spec"]["selector"], json!({ NAME: "orders" }));
    let port = &service["spec"]["ports"][0];
    assert_eq!(
        *port,
        json!({ "name": "http", "port": 80, "targetPort": "http" })
    );

    let path = &ingress["spec"]["rules"][0]["http"]["paths"][0];
    assert_eq!(
        (&path["path"], &path["pathType"]),
        (&json!("/"), &json!("Prefix"))
    );
    let backend = json!({ "service": { "name": "orders", "port": { "name": "http" } } });
    assert_eq!(path["backend"], backend);

    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "orders" });
    assert_eq!(scaler["spec"]["scaleTargetRef"], target);
    let replicas = |key: &str| scaler["spec"][key].as_u64().unwrap();
    assert!(replicas("minReplicas") < replicas("maxReplicas"));
    let metric = &scaler["spec"]["metrics"][0];
    assert_eq!(
        (&metric["type"], &metric["resource"]["name"]),
        (&json!("Resource"), &json!("cpu"))
    );
    // A share of what is requested.
    let requests = &spec["template"]["spec"]["containers"][0]["resources"]["requests"];
    assert!(requests["cpu"].is_string());
}

#[test]
fn knative_sends_as_many_requests_as_run_at_once() {
    let service = of_kind(
        &documents("knative.yaml"),
        "Service",
        "serving.knative.dev/v1",
    );
    let revision = &service["spec"]["template"]["spec"];
    let container = &revision["containers"][0];
    let args = words(&container["args"]);
    let concurrency = args
        .iter()
        .position(|word| word == "--concurrency")
        .unwrap();
    assert_eq!(
        revision["containerConcurrency"].to_string(),
        args[concurrency + 1]
    );
    assert_eq!(
        container["ports"],
        json!([{ "name": "http1", "containerPort": 8080 }])
    );

    let shim = serve_with(&args);
    let probe = &container["readinessProbe"]["httpGet"];
    shim.get(probe["path"].as_str().unwrap()).expect_status(200);
    shim.get("/items").expect_status(200);
    let scale = &service["spec"]["template"]["metadata"]["annotations"];
    for key in ["min-scale", "max-scale"] {
        let number = &scale[format!("autoscaling.knative.dev/{key}")];
        number.as_str().unwrap().parse::<u32>().unwrap();
    }
}

#[test]
fn sam_deploys_what_package_and_image_write() {
    for (file, package) in [("sam.yaml", "Zip"), ("sam-image.yaml", "Image")] {
        let template = &documents(file)[0];
        assert_eq!(template["AWSTemplateFormatVersion"], "2010-09-09", "{file}");
        assert_eq!(
            template["Transform"], "AWS::Serverless-2016-10-31",
            "{file}"
        );
        let function = &template["Resources"]["OrdersFunction"];
        assert_eq!(function["Type"], "AWS::Serverless::Function", "{file}");
        let properties = &function["Properties"];
        assert_eq!(properties["Architectures"], json!(["x86_64"]), "{file}");
        match package {
            "Zip" => {
                assert_eq!(properties["Runtime"], "provided.al2023");
                assert_eq!(properties["Handler"], "orders.create");
                assert_eq!(properties["CodeUri"], "../../orders.zip");
                let url = &template["Outputs"]["Url"]["Value"]["Fn::GetAtt"];
                assert_eq!(*url, json!(["OrdersFunctionUrl", "FunctionUrl"]));
            }
            _ => {
                assert_eq!(properties["PackageType"], "Image");
                let parameter = properties["ImageUri"]["Ref"].as_str().unwrap();
                assert_eq!(template["Parameters"][parameter]["Type"], "String");
                assert!(properties["Runtime"].is_null() && properties["Handler"].is_null());
            }
        }
    }
}

/// The values of a key in a unit of systemd.
fn settings(unit: &str, key: &str) -> Vec<String> {
    let values = unit
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.map(str::to_owned).collect()
}

#[test]
fn the_unit_of_systemd_starts_what_there_is() {
    let unit = text("shim.service");
    for section in ["[Unit]", "[Service]", "[Install]"] {
        assert!(unit.lines().any(|line| line == section), "{section}");
    }
    let [start] = settings(&unit, "ExecStart").try_into().unwrap();
    let mut words = start.split(' ').map(str::to_owned);
    assert_eq!(words.next().unwrap(), "/usr/local/bin/shim");
    assert_eq!(words.next().unwrap(), "serve");
    let mut flags: Vec<_> = words.collect();
    let at = flags.iter().position(|flag| flag == "--config").unwrap();
    let file: Vec<_> = flags.drain(at..at + 2).collect();
    assert_eq!(file[1], "/etc/shim/shim.toml");
    let shim = serve_with(&flags);
    shim.get_admin("/ready").expect_status(200);
    // What ExecReload and KillSignal send.
    assert_eq!(settings(&unit, "ExecReload"), ["/bin/kill -HUP $MAINPID"]);
    shim.reload();
    assert_eq!(settings(&unit, "KillSignal"), ["SIGTERM"]);
    shim.stop();
    assert_eq!(settings(&unit, "TimeoutStopSec"), ["30s"]);
    assert_eq!(settings(&unit, "Type"), ["notify"]);
}

#[test]
fn the_units_of_systemd_belong_together() {
    let (service, socket) = (text("shim.service"), text("shim.socket"));
    assert_eq!(settings(&service, "Requires"), ["shim.socket"]);
    assert_eq!(settings(&service, "Also"), ["shim.socket"]);
    assert_eq!(settings(&socket, "FileDescriptorName"), ["http"]);
    assert_eq!(settings(&socket, "ListenStream"), ["127.0.0.1:8080"]);
    for section in ["[Unit]", "[Socket]", "[Install]"] {
        assert!(socket.lines().any(|line| line == section), "{section}");
    }
}

#[test]
fn the_dockerfile_starts_what_it_copies() {
    let dockerfile = text("Dockerfile");
    let words = |instruction: &str| -> Vec<String> {
        let found = dockerfile
            .lines()
            .filter_map(|line| line.strip_prefix(instruction));
        found.map(|rest| rest.trim().to_owned()).collect()
    };
    let copied = words("COPY ");
    let to: Vec<_> = copied
        .iter()
        .map(|copy| copy.rsplit(' ').next().unwrap())
        .collect();
    let [entrypoint] = words("ENTRYPOINT ").try_into().unwrap();
    let entrypoint: Vec<String> = serde_json::from_str(&entrypoint).unwrap();
    assert_eq!(entrypoint[0], to[0]);
    assert_eq!(entrypoint[1], "--plugin");
    assert_eq!(entrypoint[2], format!("function={}", to[1]));
    assert_eq!(words("USER "), ["65532:65532"]);
    assert_eq!(words("ENV "), ["PORT=8080"]);
    assert_eq!(words("EXPOSE "), ["8080"]);
}
