//! Where a reader is: a home with what a page takes for granted.
//!
//! | folder | |
//! | --- | --- |
//! | `shim` | this repository after `cargo build --release`; where every page begins |
//! | `~` | nothing |
//! | `hello` | what `shim new hello` makes |
//! | `orders` | a plugin of one's own: the shop of `example-plugin`, with a handler `create` |
//! | `by-hand` | a crate `hello`: the first blocks of TOML and of Rust in the README |
//! | `shop` | a workspace of two plugins, `crates/orders` and `crates/stock` |
//!
//! The repository is built by whoever runs this test: in its folder `cargo build` does nothing, and
//! `.ci/run` runs it for real. `shim` is on the path, and crates.io has `plugin-api` but for
//! the README, which says what to do as long as it has not.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::page::root;
use crate::story::{Folder, variables};

/// The plugin of one's own.
const ORDERS: &str = "[package]\nname = \"orders\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n\
    [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nplugin-api = \"0.1\"\n\
    serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\ntracing = \"0.1\"\n\n\
    [profile.release]\nstrip = \"debuginfo\"\n";
const CREATE: &str = "\n/// Takes an order.\n#[plugin_api::handler]\nfn create(order: \
    serde_json::Value) -> serde_json::Value {\n    order\n}\n";

pub(super) struct Ground(Folder);

impl Ground {
    /// One with these folders, where crates.io has `plugin-api` or does not.
    pub(super) fn new(folders: &[&str], published: bool) -> Self {
        let ground = Self(Folder::new(published));
        let bin = ground.path("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_shim"), bin.join("shim")).unwrap();
        let cargo = format!(
            "#!/bin/sh\n[ \"$PWD\" = \"$HOME/shim\" ] && [ \"$1\" = build ] && exit\n\
             exec '{}' \"$@\"\n",
            env!("CARGO")
        );
        fs::write(bin.join("cargo"), cargo).unwrap();
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        ground.repository();
        for folder in folders {
            match *folder {
                "shim" | "~" => {}
                "hello" => ground.made("hello", "hello"),
                "orders" => ground.orders(),
                "by-hand" => ground.by_hand(),
                "shop" => {
                    let workspace = "[workspace]\nresolver = \"3\"\nmembers = []\n";
                    fs::create_dir_all(ground.path("shop/crates")).unwrap();
                    fs::write(ground.path("shop/Cargo.toml"), workspace).unwrap();
                    ground.0.lock("shop");
                    ground.made("orders", "shop/crates/orders");
                    ground.made("stock", "shop/crates/stock");
                }
                other => panic!("there is no folder `{other}`"),
            }
        }
        ground
    }

    /// A file or folder at home; `~` is home itself.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        match name {
            "~" => self.0.path("."),
            _ => self.0.path(name),
        }
    }

    /// The reader's home.
    pub(super) fn home(&self) -> String {
        let home = self.0.path("");
        home.display().to_string().trim_end_matches('/').to_owned()
    }

    /// The environment of the reader's shell.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.path("bin").display());
        let mut all = vec![
            ("PATH".to_owned(), path),
            ("HOME".to_owned(), self.home()),
            ("TERM".to_owned(), "dumb".to_owned()),
            ("NO_COLOR".to_owned(), "1".to_owned()),
            ("CARGO_TERM_COLOR".to_owned(), "never".to_owned()),
            ("CARGO_TERM_PROGRESS_WHEN".to_owned(), "never".to_owned()),
            ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
            ("AWS_PAGER".to_owned(), String::new()),
        ];
        let given = variables().into_iter();
        all.extend(given.map(|(name, value)| (name.to_owned(), value)));
        // Where they are by default, seen from the home of whoever runs this test.
        let home = std::env::var("HOME").unwrap_or_default();
        for (name, folder) in [
            ("CARGO_HOME", ".cargo"),
            ("RUSTUP_HOME", ".rustup"),
            ("PYENV_ROOT", ".pyenv"),
        ] {
            let folder = Path::new(&home).join(folder);
            if std::env::var_os(name).is_none() && folder.exists() {
                all.push((name.to_owned(), folder.display().to_string()));
            }
        }
        all
    }

    /// This repository, and what its `cargo build --release` makes.
    fn repository(&self) {
        let (from, to) = (root().canonicalize().unwrap(), self.path("shim"));
        fs::create_dir_all(to.join("target/release")).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if name == "target" || name.to_string_lossy().starts_with('.') {
                continue;
            }
            // Whatever is written must not be written to this repository.
            match entry.path().is_dir() {
                true => symlink(entry.path(), to.join(name)).unwrap(),
                false => drop(fs::copy(entry.path(), to.join(name)).unwrap()),
            }
        }
        for (built, name) in [
            (env!("CARGO_BIN_EXE_shim").into(), "shim"),
            (env!("CARGO_BIN_EXE_bootstrap").into(), "bootstrap"),
            (
                shim_testkit::plugin("example-plugin"),
                "libexample_plugin.so",
            ),
        ] {
            let to = to.join("target/release").join(name);
            fs::copy(&built, &to).unwrap();
            // As the profile `release` has it.
            let _ = Command::new("strip").arg("--strip-debug").arg(&to).status();
        }
    }

    fn made(&self, name: &str, folder: &str) {
        let shim = crate::shim().command().directory(self.path(""));
        let made = shim.words(["new", name, "--dir", folder]).run();
        made.expect_code(0);
        if !folder.contains('/') {
            self.0.lock(folder);
        }
    }

    fn orders(&self) {
        let (from, to) = (root().join("example-plugin"), self.path("orders"));
        for folder in ["src", "events"] {
            fs::create_dir_all(to.join(folder)).unwrap();
            for file in fs::read_dir(from.join(folder)).unwrap() {
                let file = file.unwrap();
                // Those of a gateway are for its other handler.
                if folder == "events" && file.file_name().to_string_lossy().starts_with('a') {
                    continue;
                }
                fs::copy(file.path(), to.join(folder).join(file.file_name())).unwrap();
            }
        }
        let source = fs::read_to_string(to.join("src/lib.rs")).unwrap();
        fs::write(to.join("src/lib.rs"), source + CREATE).unwrap();
        fs::write(to.join("Cargo.toml"), ORDERS).unwrap();
        self.0.lock("orders");
        symlink(root().join("docs").canonicalize().unwrap(), to.join("docs")).unwrap();
    }

    fn by_hand(&self) {
        let readme = fs::read_to_string(root().join("README.md")).unwrap();
        let block = |language: &str| {
            let rest = readme.split_once(&format!("```{language}\n"));
            let (block, _) = rest.and_then(|(_, rest)| rest.split_once("```\n")).unwrap();
            block.to_owned()
        };
        let to = self.path("by-hand");
        fs::create_dir_all(to.join("src")).unwrap();
        let package = "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";
        fs::write(to.join("Cargo.toml"), package.to_owned() + &block("toml")).unwrap();
        fs::write(to.join("src/lib.rs"), block("rust")).unwrap();
        self.0.lock("by-hand");
    }
}
