//! Several plugins with the same interface, and several builds of one, in one process.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use shim::invocation::{Answer, Body, Invocation, Payload};
use shim::plugin::{FunctionSettings, Handler, Place, Plugin, Setup};

use crate::builds::{self, Build, NEWER};

/// Opens the plugin and initialises its handler `probe`.
async fn load(path: &Path) -> Handler {
    let plugin = Plugin::open(path).expect("a plugin");
    let setup = Setup {
        threads: 1,
        ..Setup::default()
    };
    let loaded = plugin
        .init("probe", &FunctionSettings::default(), setup)
        .await;
    loaded.expect("a handler")
}

/// What the handler says to an event, whole.
async fn ask(handler: &Handler, event: &'static str) -> String {
    let mut invocation = Invocation::new(Payload::Event(Bytes::from_static(event.as_bytes())));
    let run = handler.run(None, &mut invocation, Place::Inline, None);
    match run.await.result {
        Ok(Answer::Event(Body::Full(body))) => String::from_utf8_lossy(&body).into_owned(),
        Ok(other) => panic!("{other:?}"),
        Err(error) => error.message,
    }
}

async fn answers_as(handler: &Handler, build: &str) {
    let greeting = ask(handler, r#"{"what":"greet","text":"you"}"#).await;
    let expected = format!(r#"{{"text":"Hello, you!","build":"{build}"}}"#);
    assert_eq!(greeting, expected);
    let slept = ask(handler, r#"{"what":"timer"}"#).await;
    assert!(slept.contains("slept"), "{build}: {slept}");
    let panicked = ask(handler, r#"{"what":"panic"}"#).await;
    assert!(panicked.contains("asked to panic"), "{build}: {panicked}");
}

/// abi_stable's own loader would give the first one twice; and its record of the types that it has
/// checked is one for the whole process.
#[tokio::test]
async fn plugins_of_different_versions_live_together() {
    let mut all = vec![Build::current("current"), Build::variant(NEWER)];
    all.extend(builds::kept().iter().map(|kept| Build::kept(kept)));
    all.push(Build::current("checked").feature("checked"));
    let mut loaded = Vec::new();
    for build in &all {
        loaded.push((load(&build.plugin()).await, build.package()));
    }
    // The newer first, too.
    for build in all.iter().rev() {
        loaded.push((load(&build.plugin()).await, build.package()));
    }
    for (handler, build) in loaded.iter().chain(loaded.iter().rev()) {
        answers_as(handler, build).await;
    }
    // One that ends takes nothing from the others.
    let checked = Build::current("checked").package();
    let (ended, rest) = loaded
        .into_iter()
        .partition::<Vec<_>, _>(|(_, build)| *build == checked);
    for (handler, _) in ended {
        tokio::task::spawn_blocking(move || handler.shutdown_plugin(Duration::from_secs(5)))
            .await
            .expect("it ends");
    }
    for (handler, build) in &rest {
        answers_as(handler, build).await;
    }
}

#[tokio::test]
async fn a_file_that_was_replaced_is_a_new_plugin() {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let path = directory.path().join("libplugin.so");
    let put = |build: &Build| {
        let new = directory.path().join("new");
        fs::copy(build.plugin(), &new).expect("a copy");
        fs::rename(new, &path).expect("in place at once");
    };
    let builds = [
        Build::current("current"),
        Build::variant(NEWER),
        Build::current("checked").feature("checked"),
    ];
    let mut loaded = Vec::new();
    for build in &builds {
        put(build);
        loaded.push((load(&path).await, build.package()));
    }
    for (handler, build) in &loaded {
        answers_as(handler, build).await;
    }
    // The file that is there now is the one that is loaded last.
    let (again, last) = (load(&path).await, builds[2].package());
    answers_as(&again, &last).await;
    let left: Vec<_> = fs::read_dir(std::env::temp_dir())
        .expect("the temporary folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(&format!("shim-{}-", std::process::id())))
        .collect();
    assert!(left.is_empty(), "copies were left behind: {left:?}");
}
