//! `shim generate`: completions and man pages.

use std::fs;

use shim_testkit::{Finished, TempDir};

use crate::help::listed;
use crate::shim;

fn run(words: &[&str]) -> Finished {
    shim().command().words(words).run()
}

#[test]
fn completions_have_every_command_and_topic() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = run(&["generate", "completions", shell]);
        let text = finished.expect_code(0).expect_stdout("max-body").stdout();
        for name in listed("Commands:") {
            assert!(text.contains(&name), "{shell}: {name}");
        }
        // The others propose commands and flags alone.
        if ["bash", "zsh", "fish"].contains(&shell) {
            for name in listed("Topics:") {
                assert!(text.contains(&name), "{shell}: {name}");
            }
        }
        assert!(finished.stderr().is_empty());
    }
}

/// bash is the one shell that is everywhere: it is asked what it would propose.
#[test]
fn bash_proposes_what_there_is() {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("shim.bash");
    fs::write(&script, run(&["generate", "completions", "bash"]).stdout()).unwrap();
    for (typed, expected) in [
        (&["shim", "doc"][..], "doctor"),
        (&["shim", "doctor", "--only", "pro"], "proxy"),
        (&["shim", "help", "lam"], "lambda"),
        (&["shim", "generate", "man", "--out"], "--output-dir"),
        (&["shim", "build", "--target"], "--target-os"),
    ] {
        let last = typed.len() - 1;
        let ask = format!(
            "source {}; COMP_WORDS=({}); COMP_CWORD={last}; _shim shim {} {}; echo ${{COMPREPLY[@]}}",
            script.display(),
            typed.join(" "),
            typed[last],
            typed[last - 1]
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &ask])
            .output();
        let output = output.unwrap();
        let proposed = String::from_utf8_lossy(&output.stdout);
        let words: Vec<_> = proposed.split_whitespace().collect();
        assert_eq!(
            words,
            [expected],
            "{typed:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn the_man_page_of_the_shim_is_printed() {
    run(&["generate", "man"])
        .expect_code(0)
        .expect_stdout(".TH shim 1")
        .expect_stdout("max\\-body")
        .expect_stdout("shim\\-doctor(1)");
}

#[test]
fn every_command_gets_a_man_page() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    let written = shim()
        .command()
        .words(["generate", "man"])
        .arg("--output-dir", &pages)
        .run();
    assert!(written.expect_code(0).stdout().is_empty());
    let mut names: Vec<_> = fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let commands = listed("Commands:")
        .into_iter()
        .map(|name| format!("shim-{name}.1"));
    let below = [
        "shim.1",
        "shim-generate-man.1",
        "shim-generate-completions.1",
    ];
    let mut expected: Vec<_> = commands.chain(below.map(str::to_owned)).collect();
    expected.sort();
    assert_eq!(names, expected);
    let version = env!("CARGO_PKG_VERSION");
    for name in &names {
        let text = fs::read_to_string(pages.join(name)).unwrap();
        let title = format!(".TH {} 1  \"shim {version}\"", name.trim_end_matches(".1"));
        assert!(text.contains(&title), "{name}: no {title}");
    }
    let doctor = fs::read_to_string(pages.join("shim-doctor.1")).unwrap();
    assert!(doctor.contains("\\-\\-only"), "{doctor}");
    // What cannot be written is told.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = shim()
        .command()
        .words(["generate", "man"])
        .arg("--output-dir", &file)
        .run();
    refused
        .expect_code(70)
        .expect_stderr("cannot make the folder");
}
