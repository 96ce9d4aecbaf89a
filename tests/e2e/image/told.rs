//! What is said of an image.

use shim_testkit::{Value, json, plugin};

use super::{Ground, machines, opened};
use crate::shim;

#[test]
fn what_was_written_is_told_as_json() {
    let Some(ground) = Ground::with_plugin("the report of an image") else {
        return;
    };
    let words = "--handler create --format json --tag team/orders:7 --env A=b";
    let told = ground.image_after("", words).expect_code(0).json();
    let image = ground.opened();
    assert_eq!(told["output"], "orders.tar");
    assert_eq!(told["size"], ground.tar().len());
    assert_eq!(told["tag"], "team/orders:7");
    assert_eq!(
        told["digest"],
        image.json("index.json")["manifests"][0]["digest"]
    );
    assert_eq!(told["id"], image.manifest()["config"]["digest"]);
    assert_eq!(told["platform"], format!("linux/{}", machines()[0].1));
    let config = &image.config()["config"];
    assert_eq!(told["user"], config["User"]);
    assert_eq!(told["entrypoint"], config["Entrypoint"]);
    assert_eq!(told["env"]["A"], "b");

    let layers = told["layers"].as_array().unwrap();
    let names: Vec<_> = layers.iter().map(|layer| &layer["name"]).collect();
    assert_eq!(names, ["system", "shim", "function"]);
    let of_manifest = image.manifest()["layers"].clone();
    let mut unpacked = 0;
    for ((layer, described), tar) in layers
        .iter()
        .zip(of_manifest.as_array().unwrap())
        .zip(image.layers())
    {
        assert_eq!(
            (&layer["digest"], &layer["size"]),
            (&described["digest"], &described["size"])
        );
        let entries = opened::entries(&tar)
            .into_iter()
            .filter(|entry| !entry.path.ends_with('/'));
        let files =
            entries.map(|e| json!({ "path": format!("/{}", e.path), "size": e.bytes.len() }));
        let files: Vec<Value> = files.collect();
        unpacked += files
            .iter()
            .map(|file| file["size"].as_u64().unwrap())
            .sum::<u64>();
        assert_eq!(layer["files"], Value::from(files));
    }
    assert_eq!(told["unpacked"], unpacked);
    assert_eq!(told["warnings"], json!([]));
}

#[test]
fn what_to_type_next_is_told() {
    let Some(ground) = Ground::with_plugin("what to type next") else {
        return;
    };
    let told = ground.image_after("", "--handler create --tag orders:7 --env PORT=9000");
    let digest = ground.opened().json("index.json")["manifests"][0]["digest"].clone();
    let ecr = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/orders:7";
    let arch = if machines()[0].0 == "x86_64" {
        "x86_64"
    } else {
        "arm64"
    };
    told.expect_code(0)
        .expect_stdout(&format!(
            "wrote orders.tar: orders:7 for linux/{}\n",
            machines()[0].1
        ))
        .expect_stdout(&format!("digest {}\n", digest.as_str().unwrap()))
        .expect_stdout("\ndocker load --input orders.tar\n")
        .expect_stdout("\npodman load --input orders.tar\n")
        .expect_stdout("\ndocker run --rm --read-only --tmpfs /tmp -p 8080:9000 orders:7\n")
        .expect_stdout(&format!(
            "\ndocker tag orders:7 {ecr} && docker push {ecr}\n"
        ))
        .expect_stdout(&format!(
            "\naws lambda create-function --function-name orders --package-type Image --code \
             ImageUri={ecr} --architectures {arch} --role ROLE_ARN\n"
        ));
    assert!(told.stderr().is_empty(), "{}", told.stderr());
    assert!(!told.stdout().contains('\x1b'));
}

#[test]
fn a_plugin_labels_its_image_and_is_warned_of() {
    let Some(ground) = Ground::with_plugin("labels") else {
        return;
    };
    let made = shim()
        .command()
        .word("image")
        .arg(
            "--plugin",
            format!("shop={}#quote", plugin("example-plugin").display()),
        )
        .arg(
            "--plugin",
            format!("web={}#handler", plugin("example-plugin").display()),
        )
        .arg(
            "--plugin",
            format!("{}#cancel", ground.path("liborders.so").display()),
        )
        .arg("--shim", ground.path("shim"))
        .arg("--ca", ground.path("ca.pem"))
        .arg("--label", "org.opencontainers.image.version=2")
        .arg("--output", ground.path("orders.tar"))
        .run();
    made.expect_code(0)
        .expect_stderr("libexample_plugin.so is a debug build")
        .expect_stderr("warning: AWS Lambda runs one plugin");
    let config = ground.opened().config();
    let labels = &config["config"]["Labels"];
    assert_eq!(labels["org.opencontainers.image.title"], "example-plugin");
    assert_eq!(labels["org.opencontainers.image.version"], "2");
    let entrypoint = [
        "/usr/local/bin/shim",
        "--plugin",
        "shop=/var/task/libexample_plugin.so#quote",
        "--plugin",
        "web=/var/task/libexample_plugin.so#handler",
        "--plugin",
        "/var/task/liborders.so#cancel",
    ];
    assert_eq!(config["config"]["Entrypoint"], json!(entrypoint));
}
