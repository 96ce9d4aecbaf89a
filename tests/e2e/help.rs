//! `shim help`: commands and topics.

use std::fs;

use shim_testkit::{Finished, TempDir};

use crate::dev::terminal::Terminal;
use crate::shim;

fn run(words: &[&str]) -> Finished {
    shim().command().words(words).run()
}

/// The names below a heading of `shim help`.
pub(crate) fn listed(heading: &str) -> Vec<String> {
    let help = run(&["help"]).expect_code(0).stdout();
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split([' ', ',']).find(|word| !word.is_empty()));
    names.map(str::to_owned).collect()
}

#[test]
fn commands_and_topics_are_listed() {
    let commands = listed("Commands:");
    for name in ["serve", "dev", "doctor", "generate", "help"] {
        assert!(commands.iter().any(|command| command == name), "{name}");
    }
    let topics = listed("Topics:");
    for name in ["abi", "deploy", "dev", "lambda", "safety"] {
        assert!(topics.iter().any(|topic| topic == name), "{name}");
    }
    // Each of them is there.
    for name in commands.iter().chain(&topics) {
        run(&["help", name]).expect_code(0);
    }
}

#[test]
fn a_command_goes_before_a_topic_of_its_name() {
    let help = run(&["help", "dev"]).expect_code(0).stdout();
    let usual = run(&["dev", "--help"]).expect_code(0).stdout();
    let more = "\nMore about it: `shim help --topic dev`\n";
    assert_eq!(help, format!("{usual}{more}"));
    run(&["help", "watch"]).expect_code(0).expect_stdout(more);
    let package = run(&["help", "package"]);
    package
        .expect_stdout("--layer-library")
        .expect_stdout("More about it: `shim help lambda`\n");
    let below = run(&["help", "generate", "man"]);
    below.expect_code(0).expect_stdout("--output-dir");
}

#[test]
fn a_topic_is_its_page_with_links_as_what_to_type() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = fs::read_to_string(pages.join("metrics.md")).unwrap();
    // Without a terminal there is no pager.
    let shown = shim()
        .command()
        .words(["help", "--topic", "metrics"])
        .env("PAGER", "false")
        .run();
    assert_eq!(shown.expect_code(0).stdout(), page, "it has no links");
    let lambda = run(&["help", "lambda"]);
    lambda
        .expect_code(0)
        .expect_stdout("# Deploy to AWS Lambda\n")
        .expect_stdout("`shim help --topic invoke`")
        .expect_stdout("docs/performance.md");
    assert!(!lambda.stdout().contains("]("));
}

#[test]
fn what_there_is_not_is_told_with_what_there_is() {
    let wrong = run(&["help", "lambada"]);
    wrong
        .expect_code(64)
        .expect_stderr("a similar value exists: 'lambda'");
    run(&["help", "--topic", "package"])
        .expect_code(64)
        .expect_stderr("lambda");
    let below = run(&["help", "generate", "women"]);
    below
        .expect_code(64)
        .expect_stderr("`generate` has no command `women`");
    run(&["help", "lambda", "zip"])
        .expect_code(64)
        .expect_stderr("hint: `shim help`");
}

#[test]
fn on_a_terminal_a_page_goes_through_the_pager() {
    if !Terminal::there_is() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let shim = env!("CARGO_BIN_EXE_shim");
    let command = format!("PAGER='tr a-z A-Z' {shim} help mock; echo code=$?");
    let terminal = Terminal::begin(folder.path(), &command);
    terminal.until_shown("# MOCK MODE");
    terminal.until_shown("code=0");
    // One that is not there, and none. What is typed does not have the number that is shown.
    for (number, (pager, topic, title)) in [
        ("no-such-pager -x", "safety", "# Safety"),
        ("", "events", "# Asynchronous invocations"),
        ("cat", "abi", "# The plugin ABI"),
    ]
    .into_iter()
    .enumerate()
    {
        let command = format!("PAGER='{pager}' {shim} help {topic}; echo done=$((70+{number}))");
        terminal.press(&[&command, "Enter"]);
        terminal.until_shown(title);
        terminal.until_shown(&format!("done=7{number}"));
    }
    // `less`, or nothing where it is not installed, ends at once or with `q`.
    let command = format!("{shim} help metrics; echo left=$?");
    terminal.press(&[&command, "Enter"]);
    terminal.until_shown("# Metrics");
    terminal.press(&["q"]);
    terminal.until_shown("left=0");
}
