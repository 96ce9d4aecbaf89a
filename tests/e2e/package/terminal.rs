//! What a person sees who packs at a terminal.

use std::process::Command;

use super::{Ground, skipped};

/// How many bytes are packed: enough that the bar is drawn again and again meanwhile.
const LARGE: usize = 8 << 20;

#[test]
fn at_a_terminal_there_is_a_bar_until_it_is_done() {
    // Gives a program a terminal, and writes down all that it writes there.
    let script = Command::new("script").arg("--version").output();
    if !script.is_ok_and(|output| output.status.success()) {
        return skipped("progress at a terminal: no script (util-linux)");
    }
    let Some(ground) = Ground::with_plugin("progress at a terminal") else {
        return;
    };
    ground.put("assets/large", vec![7; LARGE]);
    let shim = env!("CARGO_BIN_EXE_shim");
    let command = format!(
        "'{shim}' package --plugin liborders.so --bootstrap bootstrap --include assets \
         --output orders.zip"
    );
    let shown = ground.path("shown");
    let status = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &command])
        .arg(&shown)
        .current_dir(ground.path(""))
        .env("TERM", "xterm")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    let shown = String::from_utf8_lossy(&std::fs::read(shown).unwrap()).into_owned();
    // The first line is `script`'s.
    let (_, shown) = shown.split_once('\n').unwrap();
    assert!(shown.matches("packing ").count() > 1, "{shown:?}");
    assert!(shown.contains("/8.0"), "{shown:?}");
    // The line is cleared before anything else is said.
    let last = shown.rfind("packing ").unwrap();
    let (bar, report) = shown[last..]
        .split_once("\r\u{1b}[2K")
        .expect("it is cleared");
    assert!(
        !bar.contains("orders.zip") && report.contains("orders.zip"),
        "{shown:?}"
    );
}
