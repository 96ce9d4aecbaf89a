//! `shim new`: the crate of a new function.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use shim_testkit::{Finished, Value, json};

use crate::folder::Folder;

/// A folder to make crates in.
struct Ground(Folder);

impl Deref for Ground {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl Ground {
    fn new() -> Self {
        Self(Folder::new())
    }

    fn make(&self, words: &[&str]) -> Finished {
        let command = crate::shim().command().directory(self.path(""));
        command.word("new").words(words).run()
    }

    #[track_caller]
    fn refuses(&self, words: &[&str], code: i32, message: &str) {
        let before = names(&self.path(""));
        let finished = self.make(words);
        let said = finished.stderr();
        let said = said.replace(&self.path("").display().to_string(), "/dir/");
        assert_eq!(said, message);
        finished.expect_code(code);
        assert_eq!(names(&self.path("")), before);
    }
}

/// All that is below a folder.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(names(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[test]
fn a_crate_is_made_and_told() {
    let ground = Ground::new();
    let made = ground.make(&["hello"]);
    assert_eq!(
        made.expect_code(0).stdout(),
        "made hello: Greets whoever asks\n  Cargo.toml\n  src/lib.rs\n  shim.toml\n  README.md\n  \
         .gitignore\n  .vscode/launch.json\n  .vscode/tasks.json\n  events/greeting.json\n\n\
         # test it, build it, serve it; then, from another terminal, call it\n\
         cd hello\ncargo test\nshim build\nshim --config shim.toml\n\
         curl localhost:8080 -d @events/greeting.json\n"
    );
    assert_eq!(made.stderr(), "");
    let manifest = ground.text("hello/Cargo.toml");
    assert!(manifest.contains("\nplugin-api = \"0.1\"\n"), "{manifest}");
    assert!(manifest.contains("[profile.release]"), "{manifest}");
    let launch = ground.text("hello/.vscode/launch.json");
    assert!(launch.contains("\"target/debug/libhello.so\""), "{launch}");
    assert_eq!(names(&ground.path("")).len(), 12, "nothing else is there");
}

#[test]
fn json_has_the_same() {
    let ground = Ground::new();
    let words = [
        "orders",
        "--event",
        "sqs",
        "--dir",
        "fn/my orders",
        "--output",
        "json",
    ];
    let report: Value = ground.make(&words).expect_code(0).json();
    assert_eq!(report["directory"], "fn/my orders");
    assert_eq!(report["next"][0], "cd 'fn/my orders'");
    assert_eq!(report["files"][7], "events/sqs.json");
    assert_eq!(report["workspace"], json!(null));
    assert!(ground.text("fn/my orders/src/lib.rs").contains("SqsEvent"));
}

#[test]
fn names_that_are_none_get_one_that_is() {
    let ground = Ground::new();
    for (name, message) in [
        (
            "2fast",
            "error: `2fast` cannot be the name of a crate: it does not start with a letter\n  \
             hint: `shim new function-2fast`\n",
        ),
        (
            "fn/orders",
            "error: `fn/orders` cannot be the name of a crate: it has '/'; letters of ASCII, \
             digits, `-` and `_` may be in it\n  hint: `shim new orders --dir fn/orders`\n",
        ),
        (
            "async",
            "error: `async` cannot be the name of a crate: Rust, cargo or a crate that the \
             function needs has this name\n  hint: `shim new async-function`\n",
        ),
    ] {
        ground.refuses(&[name], 64, message);
    }
}

#[test]
fn nothing_is_overwritten() {
    let ground = Ground::new();
    ground.put("hello/notes.txt", "mine");
    ground.put("file", "mine");
    let exists = |name: &str| {
        format!(
            "error: {name} exists already; nothing is overwritten\n  hint: choose another name, \
             or a folder with --dir\n"
        )
    };
    ground.refuses(&["hello"], 64, &exists("hello"));
    ground.refuses(&["file"], 64, &exists("file"));
    std::os::unix::fs::symlink("nowhere", ground.path("dangling")).unwrap();
    ground.refuses(&["dangling"], 64, &exists("dangling"));
    std::fs::create_dir(ground.path("empty")).unwrap();
    ground.make(&["empty"]).expect_code(0);
}

#[test]
fn a_folder_that_cannot_be_made_leaves_nothing() {
    let ground = Ground::new();
    ground.put("file", "mine");
    let finished = ground.make(&["hello", "--dir", "file/hello"]);
    finished
        .expect_code(64)
        .expect_stderr("error: cannot make file/hello: ");
    assert_eq!(names(&ground.path("")), [ground.path("file")]);
}

#[test]
fn a_crate_joins_the_workspace_around_it() {
    let ground = Ground::new();
    let workspace = "# ours\n[workspace]\nmembers = [\n    \"a\", # first\n]\nexclude = [\"other\"]\n\n\
                     [workspace.dependencies]\nplugin-api = \"0.1\"\n";
    ground.put("Cargo.toml", workspace);
    let made = ground.make(&["hello", "--dir", "fn/hello"]);
    let root = ground.path("Cargo.toml").display().to_string();
    let joined = format!("\njoined the workspace {root}\n");
    made.expect_code(0).expect_stdout(&joined);
    let expected = workspace.replace("# first\n", "# first\n    \"fn/hello\",\n");
    assert_eq!(ground.text("Cargo.toml"), expected);
    let manifest = ground.text("fn/hello/Cargo.toml");
    assert!(
        manifest.contains("plugin-api = { workspace = true }"),
        "{manifest}"
    );
    assert!(!manifest.contains("[profile"), "{manifest}");
    let settings = ground.text("fn/hello/shim.toml");
    assert!(
        settings.contains("\"../../target/release/libhello.so\""),
        "{settings}"
    );
    // What it excludes is by itself.
    ground.make(&["other"]).expect_code(0);
    assert_eq!(ground.text("Cargo.toml"), expected);
}

#[test]
fn a_workspace_that_cannot_be_joined_is_left_alone() {
    let ground = Ground::new();
    ground.put("a/Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n");
    ground.refuses(
        &["hello", "--dir", "a/hello"],
        65,
        "error: cannot add `hello` to the members in /dir/a/Cargo.toml\n  hint: add it yourself, \
         `members = [\"hello\"]` in [workspace], then try again\n",
    );
    ground.put("b/Cargo.toml", "[workspace\n");
    let finished = ground.make(&["hello", "--dir", "b/hello"]);
    finished.expect_code(65).expect_stderr("whether ");
    assert!(!ground.path("b/hello").exists());
}

#[test]
fn a_plugin_api_of_its_own_has_to_be_one() {
    let ground = Ground::new();
    ground.put("api/Cargo.toml", "[package]\nname = \"plugin-api\"\n");
    ground.put("odd/Cargo.toml", "[package]\nname = \"odd\"\n");
    ground
        .make(&["hello", "--plugin-api-path", "api"])
        .expect_code(0);
    let manifest: toml::Table = toml::from_str(&ground.text("hello/Cargo.toml")).unwrap();
    let path = manifest["dependencies"]["plugin-api"]["path"].as_str();
    assert_eq!(path, ground.path("api").to_str());
    ground.refuses(
        &["hallo", "--plugin-api-path", "odd"],
        64,
        "error: there is no plugin-api in odd: it has the package `odd`\n  hint: name the folder \
         of its Cargo.toml: `--plugin-api-path ../shim/plugin-api`\n",
    );
}
