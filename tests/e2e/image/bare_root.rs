//! The entry point of an image, in a root that has nothing but its layers.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use shim_testkit::runtime_api::Lambda;
use shim_testkit::{Program, Value, json};

use super::{Ground, Opened, skipped};
use crate::{behaviours, shim};

/// An image of the real shim and a real plugin, unpacked.
struct Container {
    ground: Ground,
    image: Opened,
}

impl Container {
    /// `None`, and a line that says so, where nobody may change the root.
    fn new(test: &str, handler: &str) -> Option<Self> {
        let ground = Ground::new();
        let made = shim()
            .command()
            .word("image")
            .arg("--plugin", behaviours())
            .arg("--handler", handler)
            .arg("--env", "GREETING=Hi, you")
            .arg("--output", ground.path("orders.tar"))
            .run();
        made.expect_code(0);
        let image = ground.opened();
        let root = ground.path("root");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
        image.unpack(&root);
        let container = Self { ground, image };
        let Some(way) = container.way_in() else {
            skipped(&format!("{test}: nobody may change the root here"));
            return None;
        };
        let words = container.words("Entrypoint");
        let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!("#!/bin/sh\nexec {way} {} \"$@\"\n", words.join(" "));
        let script = container.ground.put("enter", script);
        fs::set_permissions(script, Permissions::from_mode(0o755)).unwrap();
        Some(container)
    }

    /// What goes before a command to run it in the root: as the image's user, if that may be.
    fn way_in(&self) -> Option<String> {
        let places = ["/usr/sbin/chroot", "/usr/bin/chroot", "/sbin/chroot"];
        let chroot = places.iter().find(|place| Path::new(place).exists())?;
        let user = self.image.config()["config"]["User"].as_str()?.to_owned();
        let root = self.ground.path("root");
        let ways = [
            format!("{chroot} --userspec={user} '{}'", root.display()),
            format!("/usr/bin/unshare -r {chroot} '{}'", root.display()),
        ];
        ways.into_iter().find(|way| {
            let shell = Program::at("/bin/sh".as_ref()).command();
            let version = format!("exec {way} /usr/local/bin/shim --version");
            shell.word("-c").word(version).run().code() == 0
        })
    }

    fn words(&self, key: &str) -> Vec<String> {
        serde_json::from_value(self.image.config()["config"][key].clone()).unwrap()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let pair = |pair: String| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        self.words("Env").into_iter().map(pair).collect()
    }

    fn program(&self) -> Program {
        let enter: PathBuf = self.ground.path("enter");
        Program::at(&enter)
    }
}

fn settings(report: &Value) -> &Value {
    &report["run"]["settings"]
}

#[test]
fn it_serves() {
    let Some(container) = Container::new("an image that serves", "environment") else {
        return;
    };
    let mut command = container.program().command();
    for (name, value) in container.variables() {
        command = command.env(&name, value);
    }
    // The image's own port may be taken here.
    let served = command.env("PORT", "0").start();
    assert!(served.address().ip().is_unspecified());
    let report = served.post("/", "{}").expect_status(200).json();
    assert_eq!(settings(&report), &json!({ "GREETING": "Hi, you" }));
    let process = &report["run"]["process"];
    assert_eq!(
        process["SSL_CERT_FILE"],
        "/etc/ssl/certs/ca-certificates.crt"
    );
    served.stop();

    // Words behind the image's name are further flags.
    let command = container.program().command().env("PORT", "0");
    let served = command.arg("--env", "GREETING=Hello").start();
    let report = served.post("/", "{}").json();
    assert_eq!(settings(&report), &json!({ "GREETING": "Hello" }));
}

#[test]
fn it_is_a_function_in_aws_lambda_as_it_is() {
    let Some(container) = Container::new("an image in Lambda", "environment") else {
        return;
    };
    let mut lambda = Lambda::new(&container.program());
    for (name, value) in container.variables() {
        lambda = lambda.env(&name, value);
    }
    let function = lambda.env("LAMBDA_TASK_ROOT", "/var/task").start();
    let report = function.invoke("{}").json();
    assert_eq!(settings(&report)["GREETING"], "Hi, you");
    assert_eq!(settings(&report)["AWS_LAMBDA_FUNCTION_NAME"], "tested");
}

#[test]
fn a_panic_has_a_stack_trace_and_tmp_can_be_written_to() {
    let Some(container) = Container::new("panics in an image", "panics") else {
        return;
    };
    let served = container.program().command().env("PORT", "0").start();
    let answer = served.post("/", r#"{"how":"text"}"#);
    assert!(answer.text().contains("boom"), "{}", answer.text());
    served.stop();
    assert!(served.said().contains("the_guilty_function"));
    let tmp = container.ground.path("root/tmp").metadata().unwrap();
    assert_eq!(tmp.permissions().mode() & 0o7777, 0o1777);
}
