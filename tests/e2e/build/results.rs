//! What is said, what fails, and where files go.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use shim::build;

use super::{Ground, run, said, target};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_that_fails_does_not_keep_the_others() {
    let ground = Ground::workspace();
    for name in ["good", "bad", "best"] {
        ground.make(name, &[]);
    }
    ground.put(
        "bad/src/lib.rs",
        "#[plugin_api::handler]\nfn handler() -> u32 { \"1\" }\n",
    );
    let words = ["--dev", "--versioned", "--output-dir", "plugins"];
    let built = run(&mut ground.shim("build", &words));
    assert_eq!(built.status.code(), Some(65), "{}", said(&built));
    let failures =
        "error: 1 of 3 plugins failed\n  bad (bad/Cargo.toml): it does not compile; see above\n";
    assert!(stderr(&built).ends_with(failures), "{}", said(&built));
    assert!(
        stderr(&built).contains("mismatched types"),
        "{}",
        said(&built)
    );
    assert!(!ground.path("plugins/bad_v0.1.0.so").exists());
    let text = String::from_utf8_lossy(&built.stdout).into_owned();
    assert!(text.contains("plugin     good 0.1.0\n"), "{text}");
    assert!(
        text.contains("file       plugins/best_v0.1.0.so\n"),
        "{text}"
    );
    // Readable for others, as cargo made it.
    let mode = ground.path("plugins/good_v0.1.0.so").metadata().unwrap();
    assert_eq!(mode.permissions().mode() & 0o444, 0o444);
    let served = crate::shim()
        .serve(ground.path("plugins/good_v0.1.0.so"))
        .start();
    served.post("/", r#"{"name":"you"}"#).expect_status(200);

    // One of them, from within.
    let mut one = ground.shim("build", &["--dev"]);
    let one = run(one.current_dir(ground.path("bad/src")));
    assert_eq!(one.status.code(), Some(65), "{}", said(&one));
    let failure = "error: bad: it does not compile; see above\n";
    assert!(stderr(&one).ends_with(failure), "{}", said(&one));
}

#[test]
fn what_the_compiler_says_is_collected() {
    let ground = Ground::new();
    ground.make("hello", &[]);
    std::fs::copy(ground.path("Cargo.lock"), ground.path("hello/Cargo.lock")).unwrap();
    std::fs::create_dir(ground.path("hello/.cargo")).unwrap();
    let config = format!("[build]\ntarget-dir = {:?}\n", target());
    ground.put("hello/.cargo/config.toml", &config);
    let source = std::fs::read_to_string(ground.path("hello/src/lib.rs")).unwrap();
    ground.put("hello/src/lib.rs", source.replace("Ok(Reply", "Ok(Reply2"));
    let plugins = build::find(&ground.path("hello")).unwrap();
    let options = build::Options {
        release: false,
        messages: build::Messages::Collected { colours: false },
        ..build::Options::default()
    };
    let build = || {
        let mut lines = Vec::new();
        let running = build::start(&plugins, &options).unwrap();
        let outcomes = running.finish(&mut |line| lines.push(line.to_owned()));
        (outcomes.unwrap().remove(0), lines.join("\n"))
    };
    let (failed, _) = build();
    let said = failed.unwrap_err().diagnostics;
    assert!(
        said.contains("cannot find") && said.contains("src/lib.rs:"),
        "{said}"
    );

    ground.put("hello/src/lib.rs", &source);
    let (built, lines) = build();
    let built = built.unwrap_or_else(|failed| panic!("{}", failed.diagnostics));
    assert!(lines.contains("Compiling hello v0.1.0"), "{lines}");
    assert_eq!((built.fresh, built.diagnostics.as_str()), (false, ""));
    let checked = build::check(&built.file, options.target).unwrap();
    assert_eq!(checked.package.name, "hello");
    let sources = build::sources(&plugins[0], Some(&built.file));
    for name in [
        "src/lib.rs",
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
    ] {
        let path = ground.path("hello").join(name);
        assert!(sources.contains(&path), "{name}: {sources:#?}");
    }
    let (again, _) = build();
    assert!(again.unwrap().fresh);
}

#[test]
fn folders_without_plugins_are_told() {
    let ground = Ground::new();
    std::fs::create_dir_all(ground.path("empty")).unwrap();
    std::fs::create_dir_all(ground.path("tool/src")).unwrap();
    ground.put("tool/src/main.rs", "fn main() {}\n");
    ground.put(
        "tool/Cargo.toml",
        "[package]\nname = \"tool\"\nversion = \"1.0.0\"\n",
    );
    std::fs::create_dir_all(ground.path("broken")).unwrap();
    ground.put("broken/Cargo.toml", "[package\n");
    for (path, code, message) in [
        (
            "nowhere",
            64,
            "error: cannot build nowhere: No such file or directory (os error 2)\n",
        ),
        (
            "empty",
            64,
            "error: there is no crate at empty: no Cargo.toml in it, below it or above it\n  \
             hint: make one with `shim new NAME`\n",
        ),
        (
            "tool",
            65,
            "error: there is no plugin at tool: a plugin is a cdylib that depends on plugin-api, \
             and none of these crates is one: /dir/tool/Cargo.toml\n  hint: in its Cargo.toml: \
             `crate-type = [\"cdylib\"]` in [lib], and `plugin-api` in [dependencies]\n",
        ),
    ] {
        let built = run(&mut ground.shim("build", &[path]));
        assert_eq!(ground.plain(&stderr(&built)), message);
        assert_eq!(built.status.code(), Some(code));
    }
    let broken = run(&mut ground.shim("build", &["broken"]));
    let said = ground.plain(&stderr(&broken));
    assert!(
        said.starts_with("error: cargo cannot read /dir/broken/Cargo.toml:\n"),
        "{said}"
    );
    assert_eq!(broken.status.code(), Some(65));
}

#[test]
fn another_processor_needs_another_linker() {
    let ground = Ground::new();
    ground.make("hello", &[]);
    let (here, other) = match std::env::consts::ARCH {
        "aarch64" => ("aarch64", "x86_64"),
        here => (here, "arm64"),
    };
    let mut build = ground.shim("build", &["hello", "--arch", other]);
    // Only what cargo needs, and surely no zigbuild.
    let bin = ground.path("bin");
    std::fs::create_dir(&bin).unwrap();
    let built = run(build.env("PATH", &bin).env("CARGO", env!("CARGO")));
    assert_eq!(built.status.code(), Some(69), "{}", said(&built));
    assert_eq!(
        stderr(&built),
        format!(
            "error: to build for {other} on {here}, `cargo zigbuild` is needed, and it is not \
             installed\n  hint: `cargo zigbuild` builds for it: `pip install cargo-zigbuild \
             ziglang`, then build again\n"
        )
    );

    // One that only notes what it is asked for.
    let zigbuild = bin.join("cargo-zigbuild");
    let note = ground.path("note");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho \"$@\" > '{}'\nexit 1\n",
        note.display()
    );
    std::fs::write(&zigbuild, script).unwrap();
    std::fs::set_permissions(&zigbuild, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = std::ffi::OsString::from(&bin);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let words = ["hello", "--target-os", "al2", "--features", "fast"];
    let built = run(ground.shim("build", &words).env("PATH", path));
    assert_eq!(built.status.code(), Some(65), "{}", said(&built));
    let asked = std::fs::read_to_string(note).unwrap();
    let expected =
        format!("zigbuild --target {here}-unknown-linux-gnu.2.26 --lib --keep-going --release ");
    assert!(asked.starts_with(&expected), "{asked}");
    assert!(asked.contains(" --features fast "), "{asked}");
}
