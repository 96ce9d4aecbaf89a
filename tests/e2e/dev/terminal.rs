//! A person at a terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, kill_process};
use shim_testkit::{Signal, eventually};
use tempfile::TempDir;

use super::{BROKEN, Folder, built_once, says, target};
use crate::behaviours;

/// A terminal of its own, in tmux; ends when dropped.
pub(crate) struct Terminal(PathBuf);

impl Terminal {
    /// Whether there can be any; if not, a test is told to be skipped.
    pub(crate) fn there_is() -> bool {
        let there = Command::new("tmux").arg("-V").output().is_ok();
        if !there {
            eprintln!("skipped: tmux is not installed");
        }
        there
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.arg("-f/dev/null").arg("-S").arg(&self.0);
        let output = tmux.args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn begin(folder: &Path, command: &str) -> Self {
        let terminal = Self(folder.join("tmux"));
        let folder = folder.to_str().unwrap();
        let size = ["-x", "120", "-y", "50"];
        let begin = [&["new-session", "-d", "-c", folder][..], &size, &["sh"]].concat();
        terminal.tmux(&begin);
        terminal.press(&[command, "Enter"]);
        terminal
    }

    pub(crate) fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    #[track_caller]
    pub(crate) fn until_shown(&self, text: &str) {
        // With all that has left the screen, lines joined again.
        let shown = || self.tmux(&["capture-pane", "-p", "-J", "-S", "-500"]);
        let mut last = String::new();
        let found = || {
            last = shown();
            last.contains(text).then_some(())
        };
        eventually(&format!("`{text}` is not shown"), found);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn edit_break_fix_rebuild_quit() {
    if !Terminal::there_is() {
        return;
    }
    built_once();
    let folder = Folder::of("dev_terminal", "one");
    let command = format!(
        "CARGO_NET_OFFLINE=true CARGO_TARGET_DIR={} {} dev --port 0; echo code=$?",
        target().display(),
        env!("CARGO_BIN_EXE_shim")
    );
    let terminal = Terminal::begin(folder.0.path(), &command);
    terminal.until_shown("serving http://127.0.0.1:");
    terminal.until_shown("keys: r builds");
    terminal.until_shown("ready dev_terminal in ");
    folder.write("src/lib.rs", BROKEN);
    terminal.until_shown("cannot find value `unknown_word`");
    terminal.until_shown("failed: the build before keeps serving");
    folder.write("src/lib.rs", &says("two"));
    terminal.until_shown("reloaded dev_terminal in ");
    terminal.press(&["r"]);
    terminal.until_shown("reloaded all in ");
    terminal.press(&["q"]);
    terminal.until_shown("code=0");
    // The terminal is as it was: what is typed is shown.
    terminal.press(&["echo typed | tr a-z A-Z", "Enter"]);
    terminal.until_shown("TYPED");
    terminal.until_shown("echo typed | tr");
}

/// At a terminal, too, a SIGHUP asks for a reload, unless it tells that the terminal was closed.
#[test]
fn a_closed_terminal_ends_the_server() {
    if !Terminal::there_is() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let shim = env!("CARGO_BIN_EXE_shim");
    let plugin = behaviours();
    let plugin = plugin.display();
    // The inner shell outlives its terminal, to tell how the shim ended.
    let inner = format!(
        "trap : HUP; {shim} --plugin {plugin}#echo --port 0 & echo $! > pid; wait; wait $!; \
         echo code=$? > ended"
    );
    let terminal = Terminal::begin(folder.path(), &format!("sh -c '{inner}'"));
    terminal.until_shown("serving http://127.0.0.1:");
    let read = |name| fs::read_to_string(folder.path().join(name)).ok();
    let pid = read("pid").and_then(|pid| Pid::from_raw(pid.trim().parse().ok()?));
    kill_process(pid.expect("its number is told"), Signal::HUP).expect("it is there");
    terminal.until_shown("reloaded function=echo");
    drop(terminal);
    eventually("the shim has not ended well", || {
        read("ended").filter(|text| text == "code=0\n")
    });
}
