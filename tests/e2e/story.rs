//! From nothing to a function in AWS Lambda, as somebody would go who has `shim` and crates.io and
//! not this repository: `new`, `dev`, an edit, `invoke`, `build`, `package`, and the zip, unpacked,
//! under Lambda's Runtime API.
//!
//! Cargo runs for real; what it builds of dependencies stays in `<target>/story`.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process;

use shim_testkit::runtime_api::Lambda;
use shim_testkit::{Command, Program, TempDir, eventually};

use crate::{packed, snapshots};

/// A folder outside of the workspace, where cargo finds the packed crates instead of crates.io's, and
/// builds what they depend on once.
pub(crate) struct Folder {
    folder: TempDir,
    /// One at a time: cargo puts plugins of the same name into the same file.
    _build: File,
}

impl Folder {
    /// With `published`, crates.io has `plugin-api`.
    pub(crate) fn new(published: bool) -> Self {
        let build = build_directory();
        fs::create_dir_all(&build).unwrap();
        let lock = File::create(build.join("lock")).unwrap();
        lock.lock().unwrap();
        let folder = Self {
            folder: TempDir::new().unwrap(),
            _build: lock,
        };
        let mut config = format!("[build]\nbuild-dir = {build:?}\n");
        if published {
            config.push_str(&packed::in_place_of_crates_io());
        }
        fs::create_dir(folder.path(".cargo")).unwrap();
        fs::write(folder.path(".cargo/config.toml"), config).unwrap();
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Puts this repository's lock file into a folder: the same versions, without looking for others.
    pub(crate) fn lock(&self, name: &str) {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        fs::copy(lock, self.path(name).join("Cargo.lock")).unwrap();
    }

    /// Builds what new crates depend on, in these profiles, however long that takes.
    pub(crate) fn build_dependencies(&self, profiles: &[&str]) {
        let made = self.shim("", "new").word("once").run();
        made.expect_code(0);
        self.lock("once");
        for profile in profiles {
            let mut cargo = process::Command::new(env!("CARGO"));
            cargo
                .args(["build", "--lib", "--profile", profile])
                .current_dir(self.path("once"))
                .env_remove("CARGO_TARGET_DIR")
                .envs(variables());
            let built = cargo.output().unwrap();
            let said = String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "{cargo:?}\n{said}");
        }
        fs::remove_dir_all(self.path("once")).unwrap();
    }

    fn shim(&self, directory: &str, command: &str) -> Command {
        let command = crate::shim().command().word(command);
        variables()
            .into_iter()
            .fold(command, |command, (name, value)| command.env(name, value))
            .directory(self.path(directory))
    }
}

/// Where cargo builds; the plugins themselves go to the `target` of their crates.
fn build_directory() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("story")
}

/// The environment that lets cargo be quick here: no registry, no optimisations that take long. In a
/// release build of these tests they are the author's own.
pub(crate) fn variables() -> Vec<(&'static str, String)> {
    let mut variables = vec![("CARGO_NET_OFFLINE", "true".to_owned())];
    if cfg!(debug_assertions) {
        variables.extend(
            [
                ("CARGO_INCREMENTAL", "0"),
                ("CARGO_PROFILE_DEV_DEBUG", "line-tables-only"),
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
    }
    for name in [
        "CARGO_HOME",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
        "CARGO_BUILD_JOBS",
    ] {
        if let Ok(value) = std::env::var(name) {
            variables.push((name, value));
        }
    }
    variables
}

/// Unpacks a zip as Lambda does.
fn unzip(zip: &Path, to: &Path) {
    let mut archive = zip::ZipArchive::new(File::open(zip).unwrap()).unwrap();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let path = to.join(entry.enclosed_name().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        fs::write(&path, bytes).unwrap();
        let mode = entry.unix_mode().unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn from_nothing_to_a_function_in_lambda() {
    let folder = Folder::new(true);
    folder.build_dependencies(&["dev", "release"]);
    let made = folder.shim("", "new").word("hello").run();
    made.expect_code(0).expect_stdout("made hello: ");
    let manifest = fs::read_to_string(folder.path("hello/Cargo.toml")).unwrap();
    assert!(manifest.contains("\nplugin-api = \"0.1\"\n"), "{manifest}");
    folder.lock("hello");

    // The first request waits until it is built.
    let dev = folder.shim("hello", "dev").arg("--port", "0").start();
    let event = fs::read(folder.path("hello/events/greeting.json")).unwrap();
    dev.post("/", &event)
        .expect_status(200)
        .expect_body(r#"{"text":"Hello, you!"}"#);

    let source = folder.path("hello/src/lib.rs");
    let edited = fs::read_to_string(&source).unwrap();
    fs::write(&source, edited.replace("Hello, ", "Welcome, ")).unwrap();
    eventually("the edit is not served", || {
        let reply = dev.post("/", &event);
        (reply.body() == br#"{"text":"Welcome, you!"}"#).then_some(())
    });
    let endpoint = format!("http://{}", dev.address());
    let invoked = folder
        .shim("hello", "invoke")
        .word("hello")
        .arg("--endpoint-url", endpoint);
    let invoked = invoked.arg("--data", r#"{"name":"Ada"}"#).run();
    assert_eq!(
        invoked.expect_code(0).stdout(),
        r#"{"text":"Welcome, Ada!"}"#
    );
    let broken = fs::read_to_string(&source).unwrap() + "fn broken() -> u8 { unknown_word }\n";
    fs::write(&source, broken).unwrap();
    eventually("the mistake is not told", || {
        dev.stderr().contains("failed: ").then_some(())
    });
    dev.stop();
    let own = ["serving ", "keys: ", "ready ", "reloaded ", "failed: "];
    let stderr = dev.stderr();
    let own = stderr
        .lines()
        .filter(|line| own.iter().any(|start| line.starts_with(start)));
    let own: String = own.map(|line| format!("{line}\n")).collect();
    let address = dev.address().to_string();
    let own = own.replace(&address, "127.0.0.1:9000");
    snapshots::check("dev", &snapshots::told(&own, &folder.path("")));
    fs::write(&source, edited.replace("Hello, ", "Welcome, ")).unwrap();

    let built = folder.shim("hello", "build").run();
    let built = built.expect_code(0).stdout();
    snapshots::check("build", &snapshots::told(&built, &folder.path("")));
    let packed = folder.shim("hello", "package");
    let packed = packed.arg("--plugin", "target/release/libhello.so").run();
    packed
        .expect_code(0)
        .expect_stdout("wrote hello.zip\n")
        .expect_stdout(" --handler hello.handler ");

    let task = folder.path("task");
    unzip(&folder.path("hello/hello.zip"), &task);
    let lambda = Lambda::new(&Program::at(&task.join("bootstrap")))
        .env("LAMBDA_TASK_ROOT", &task)
        .directory(&task)
        .handler("hello.handler");
    let function = lambda.start();
    let reply = function.invoke(r#"{"name":"Ada"}"#);
    reply.expect_response(r#"{"text":"Welcome, Ada!"}"#);
}
