//! Plugins of other builds load and work; those of other ABI versions as the versions say.

use std::path::Path;
use std::time::Instant;

use shim_testkit::{Finished, Program};

use crate::builds::{self, Build, Compiler, DIFFERENT, INCOMPATIBLE, NEWER, Profile, SHORTER};
use crate::exercise::{exercise, inspect, panics, serve};
use crate::repository;
use crate::tools::{self, skipped};

const VERSION: &str = plugin_api_abi::ABI_VERSION;

/// Builds the plugin and tries all of it with this build's shim; returns what was logged.
fn works(build: &Build) -> String {
    let begun = Instant::now();
    let plugin = build.plugin();
    let built = begun.elapsed();
    let log = exercise(&tools::shim(), &plugin, &build.package());
    panics(&tools::shim(), &plugin);
    let tried = begun.elapsed() - built;
    println!(
        "{}: built in {built:.1?}, tried in {tried:.1?}",
        build.package()
    );
    log
}

#[test]
fn a_plugin_of_the_same_build() {
    let build = Build::current("current");
    works(&build);
    let file = inspect(&build.plugin());
    assert_eq!(
        (&file["abi"], &file["panic"]),
        (&VERSION.into(), &"unwind".into())
    );
}

#[test]
fn a_plugin_of_another_compiler() {
    let compiler = match Compiler::second() {
        Ok(compiler) => compiler,
        Err(why) => return skipped(&format!("a plugin of another compiler: {why}")),
    };
    let (ours, build) = (
        Build::current("current"),
        Build::current("other-compiler").compiler(compiler),
    );
    works(&build);
    let (ours, other) = (inspect(&ours.plugin()), inspect(&build.plugin()));
    assert_ne!(ours["compiler"], other["compiler"]);
}

#[test]
fn a_plugin_built_for_size() {
    let build = Build::current("size").profile(Profile::Size);
    works(&build);
    assert_eq!(inspect(&build.plugin())["symbols"], false);
}

#[test]
fn plugins_with_other_allocators() {
    works(&Build::current("checked").feature("checked"));
    if tools::has_c_compiler() {
        works(&Build::current("mimalloc").feature("mimalloc"));
    } else {
        skipped("a plugin with mimalloc: no C compiler (cc)");
    }
}

#[test]
fn a_plugin_whose_panics_abort() {
    let build = Build::current("abort").profile(Profile::Abort);
    let plugin = build.plugin();
    assert_eq!(inspect(&plugin)["panic"], "abort");
    let log = exercise(&tools::shim(), &plugin, &build.package());
    assert!(
        log.contains("WARN") && log.contains("built with panic=abort: a panic in it ends"),
        "{log}"
    );
    let served = serve(&tools::shim(), &plugin, "probe").start();
    let mut connection = served.connect();
    connection.send_request("POST", "/", "", br#"{"what":"panic"}"#);
    assert!(connection.try_response().is_err(), "the process has ended");
    assert_eq!(served.wait_exit(), -6, "by SIGABRT: {}", served.said());
}

#[test]
fn plugins_of_kept_versions() {
    let kept = builds::kept();
    for directory in &kept {
        let build = Build::kept(directory);
        works(&build);
        let version = directory.file_name().expect("a version").to_string_lossy();
        assert_eq!(inspect(&build.plugin())["abi"], *version);
    }
}

#[test]
fn a_copy_of_this_version_is_kept() {
    let directory = repository::root().join("tests/abi/kept").join(VERSION);
    let update = std::env::var("UPDATE_KEPT").unwrap_or_default();
    if update == "overwrite" || (update == "1" && !directory.exists()) {
        builds::keep(&directory);
    }
    let line = repository::major_minor(VERSION);
    let versions = builds::kept();
    let mut versions = versions
        .iter()
        .filter_map(|path| path.file_name()?.to_str());
    assert!(
        versions.any(|version| repository::major_minor(version) == line),
        "\nNo copy of ABI {VERSION} is kept in tests/abi/kept, from which later shims could be tested.\n\
         Make one with `UPDATE_KEPT=1 cargo test -p shim --test abi a_copy_of_this_version` and commit it.\n"
    );
}

#[test]
fn a_newer_plugin_in_an_older_shim() {
    let build = Build::variant(NEWER);
    let log = works(&build);
    assert_eq!(inspect(&build.plugin())["abi"], "1.99.0");
    assert!(!log.contains("metric"), "{log}");
}

#[test]
fn a_plugin_whose_table_ends_earlier() {
    works(&Build::variant(SHORTER));
}

#[test]
fn older_and_newer_plugins_in_a_newer_shim() {
    let begun = Instant::now();
    let shim = Program::at(&builds::shim(NEWER));
    println!("the newer shim: built in {:.1?}", begun.elapsed());
    let mut older = vec![Build::current("current")];
    older.extend(
        builds::kept()
            .iter()
            .map(|directory| Build::kept(directory)),
    );
    for build in older {
        let log = exercise(&shim, &build.plugin(), &build.package());
        assert!(
            log.contains("added None") && !log.contains("metric"),
            "{log}"
        );
        panics(&shim, &build.plugin());
    }
    // Both have the added functions, and call them.
    let build = Build::variant(NEWER);
    let log = exercise(&shim, &build.plugin(), &build.package());
    assert!(
        log.contains("added Some(42)") && log.contains("metric attached 7"),
        "{log}"
    );
}

#[test]
fn a_plugin_of_another_major_version_is_refused_unseen() {
    let plugin = Build::variant(INCOMPATIBLE).plugin();
    let expected = format!(
        "error: PLUGIN was built against plugin ABI 2.0.0, this shim speaks {VERSION}\n  \
         hint: use a newer shim that speaks ABI 2, or lower `plugin-api` in the plugin's \
         Cargo.toml to a version for ABI 1 and run `cargo build --release --lib`\n"
    );
    for arguments in [&["--port", "0", "--plugin"][..], &["inspect"]] {
        let (refusal, said, marked) = refusal(arguments, &plugin);
        refusal.expect_code(65);
        assert_eq!(said, expected);
        assert!(!marked, "code of the plugin has run");
    }
}

#[test]
fn a_plugin_with_other_types_is_refused() {
    let plugin = Build::variant(DIFFERENT).plugin();
    let arguments = ["--port", "0", "--handler", "probe", "--plugin"];
    let (refusal, said, _) = refusal(&arguments, &plugin);
    refusal.expect_code(65);
    let errors: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    let expected = format!(
        "error: PLUGIN and this shim disagree on the types of the plugin ABI (its version is \
         {VERSION}, ours {VERSION}): "
    );
    assert!(
        errors.len() == 1 && errors[0].starts_with(&expected),
        "{said}"
    );
    assert!(
        errors[0].contains("u64") && errors[0].contains("u32"),
        "{said}"
    );
    assert!(errors[0].len() < expected.len() + 310, "{said}");
}

/// What the shim says to a plugin that it refuses, with `PLUGIN` for its path, and whether code of
/// the plugin has run.
fn refusal(arguments: &[&str], plugin: &Path) -> (Finished, String, bool) {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let mark = directory.path().join("mark");
    let command = tools::shim().command().words(arguments).word(plugin);
    let refusal = command.env("PROBE_MARK", &mark).run();
    let said = refusal
        .stderr()
        .replace(&plugin.display().to_string(), "PLUGIN");
    (refusal, said, mark.exists())
}
