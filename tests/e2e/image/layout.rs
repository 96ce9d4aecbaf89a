//! The documents: what the image layout, the image index, manifest and configuration of OCI's image
//! specification 1.1 and their schemas ask for, and what `docker load` reads.

use shim_testkit::{Value, json};

use super::{Ground, Opened, machines, opened};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn made(test: &str, words: &str) -> Option<Opened> {
    let ground = Ground::with_plugin(test)?;
    let words = format!("--handler create {words}");
    ground.image_after("", &words).expect_code(0);
    Some(ground.opened())
}

/// The keys that a document has.
#[track_caller]
fn keys(document: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = document
        .as_object()
        .unwrap()
        .keys()
        .map(|key| key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn everything_that_is_described_is_there_and_nothing_else() {
    let Some(image) = made("descriptors", "") else {
        return;
    };
    assert_eq!(
        image.json("oci-layout"),
        json!({ "imageLayoutVersion": "1.0.0" })
    );
    let index = image.json("index.json");
    assert_eq!(keys(&index), ["manifests", "mediaType", "schemaVersion"]);
    assert_eq!(
        (&index["schemaVersion"], &index["mediaType"]),
        (&json!(2), &json!(INDEX))
    );
    let manifests = index["manifests"].as_array().unwrap();
    assert_eq!(manifests.len(), 1);
    let entry = &manifests[0];
    assert_eq!(
        keys(entry),
        ["annotations", "digest", "mediaType", "platform", "size"]
    );
    let platform = json!({ "architecture": machines()[0].1, "os": "linux" });
    assert_eq!(entry["platform"], platform);

    let manifest: Value = serde_json::from_slice(image.described(entry, MANIFEST)).unwrap();
    assert_eq!(
        keys(&manifest),
        ["config", "layers", "mediaType", "schemaVersion"]
    );
    assert_eq!(
        (&manifest["schemaVersion"], &manifest["mediaType"]),
        (&json!(2), &json!(MANIFEST))
    );
    image.described(&manifest["config"], CONFIG);
    let layers = manifest["layers"].as_array().unwrap();
    for layer in layers {
        assert_eq!(keys(layer), ["digest", "mediaType", "size"]);
        let bytes = image.described(layer, LAYER);
        // gzip, deflate, no name, no time.
        assert_eq!(bytes[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    }
    // The manifest, the configuration, the layers.
    assert_eq!(layers.len(), 3);
    assert_eq!(image.blobs().count(), 2 + layers.len());
}

#[test]
fn the_configuration_describes_the_layers_and_how_to_run_them() {
    let words = "--env GREETING=Hi=you --env SHIM_TIMEOUT=3s --env PORT=9000 --label team=shop";
    let Some(image) = made("configuration", words) else {
        return;
    };
    let config = image.config();
    let expected = [
        "architecture",
        "config",
        "created",
        "history",
        "os",
        "rootfs",
    ];
    assert_eq!(keys(&config), expected);
    assert_eq!(config["architecture"], machines()[0].1);
    assert_eq!(config["os"], "linux");
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    let layers = image.layers();
    let digests: Vec<_> = layers.iter().map(|tar| opened::digest(tar)).collect();
    assert_eq!(
        config["rootfs"],
        json!({ "type": "layers", "diff_ids": digests })
    );
    let history = config["history"].as_array().unwrap();
    assert_eq!(history.len(), layers.len(), "one entry for each layer");
    let entrypoint = [
        "/usr/local/bin/shim",
        "--plugin",
        "/var/task/liborders.so",
        "--handler",
        "create",
        "--env",
        "GREETING=Hi=you",
    ];
    assert_eq!(
        config["config"],
        json!({
            "User": "65532:65532",
            "ExposedPorts": { "9000/tcp": {} },
            "Env": [
                "GREETING=Hi=you",
                "PATH=/usr/local/bin:/usr/bin:/bin",
                "PORT=9000",
                "SHIM_TIMEOUT=3s",
                "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
            ],
            "Entrypoint": entrypoint,
            "WorkingDir": "/var/task",
            "Labels": { "team": "shop" },
            "StopSignal": "SIGTERM",
        })
    );
}

#[test]
fn docker_finds_the_same_by_its_own_list() {
    let Some(image) = made(
        "manifest.json",
        "--tag reg.example.com:5000/team/orders:1.2",
    ) else {
        return;
    };
    let docker = image.json("manifest.json");
    let manifest = image.manifest();
    let path = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().unwrap();
        format!("blobs/{}", digest.replace(':', "/"))
    };
    let layers = manifest["layers"].as_array().unwrap().iter().map(path);
    let expected = json!([{
        "Config": path(&manifest["config"]),
        "RepoTags": ["reg.example.com:5000/team/orders:1.2"],
        "Layers": layers.collect::<Vec<_>>(),
    }]);
    assert_eq!(docker, expected);
    let annotations = &image.json("index.json")["manifests"][0]["annotations"];
    let expected = json!({
        "io.containerd.image.name": "reg.example.com:5000/team/orders:1.2",
        "org.opencontainers.image.ref.name": "1.2",
    });
    assert_eq!(*annotations, expected);
}

#[test]
fn an_image_is_called_as_its_plugin_is() {
    let Some(image) = made("the name of an image", "") else {
        return;
    };
    assert_eq!(
        image.json("manifest.json")[0]["RepoTags"],
        json!(["orders:latest"])
    );
    let annotations = &image.json("index.json")["manifests"][0]["annotations"];
    let name = &annotations["io.containerd.image.name"];
    assert_eq!(*name, "docker.io/library/orders:latest");
}
