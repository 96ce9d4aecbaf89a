//! A reader who types what a page says.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use shim_testkit::PATIENCE;

use super::ground::Ground;
use super::page::{Page, Step};
use super::shown;
use super::terminal::{Network, Terminal};

/// How long a command may take: cargo builds what a crate depends on.
const LONGEST: Duration = Duration::from_secs(900);
const PAUSE: Duration = Duration::from_millis(10);

/// Runs all commands of a page, or says why it cannot.
pub(super) fn run(page: &Page) {
    let blocks = page.blocks.iter().filter(|block| block.not_run.is_none());
    let blocks: Vec<_> = blocks.collect();
    for program in ["script", "nsenter", "bash", "curl"] {
        if !is_installed(program) {
            return skip(&page.name, &format!("{program} is not installed"));
        }
    }
    let network = match Network::new() {
        Ok(network) => network,
        Err(why) => return skip(&page.name, &why),
    };
    let folders = blocks.iter().filter_map(|block| block.folder.as_deref());
    let folders: Vec<_> = folders.collect();
    let mut reader = Reader {
        ground: Ground::new(&folders, page.name != "README.md"),
        network,
        server: None,
        typed: String::new(),
    };
    reader.goes_to("shim");
    for block in blocks {
        if let Some(folder) = &block.folder {
            reader.goes_to(folder);
        }
        let lacks = |program: &&str| {
            let start = format!("{program} ");
            let uses = |step: &Step| step.command.starts_with(&start);
            block.steps.iter().any(uses) && !is_installed(program)
        };
        if let Some(program) = ["aws", "jq"].iter().find(|program| lacks(program)) {
            let at = format!("a block of {}", page.name);
            skip(&at, &format!("{program} is not installed"));
            continue;
        }
        for step in &block.steps {
            let at = format!("{}:{}", page.name, step.line);
            reader.does(step, &at, block.varies);
        }
    }
    reader.stops_the_server();
}

/// Says so past the test harness, which keeps what tests say that pass.
fn skip(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}

fn is_installed(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

/// Whether a command goes on until it is stopped.
fn serves(command: &str) -> bool {
    ["shim --plugin", "shim --config", "shim serve", "shim dev"]
        .iter()
        .any(|start| command.contains(start))
}

struct Reader {
    /// What serves, and the command that it was started by.
    server: Option<(Terminal, String)>,
    network: Network,
    ground: Ground,
    /// All commands up to now, for messages.
    typed: String,
}

impl Reader {
    /// What a shell has to know of those before it: variables and the folder.
    fn state(&self) -> PathBuf {
        self.ground.path("bin/state")
    }

    fn goes_to(&self, folder: &str) {
        let folder = self.ground.path(folder);
        assert!(folder.is_dir(), "there is no {}", folder.display());
        let mut options = std::fs::File::options();
        let mut file = options
            .create(true)
            .append(true)
            .open(self.state())
            .unwrap();
        writeln!(file, "cd '{}'", folder.display()).unwrap();
    }

    fn does(&mut self, step: &Step, at: &str, varies: bool) {
        let _ = writeln!(self.typed, "$ {}", step.command);
        let began = Instant::now();
        if step.command.is_empty() {
            self.server_shows(step, at);
        } else if serves(&step.command) {
            self.stops_the_server();
            let terminal = self.types(&step.command);
            self.server = Some((terminal, step.command.clone()));
            self.server_serves(at);
            self.server_shows(step, at);
        } else {
            self.command(step, at, varies);
        }
        let took = began.elapsed().as_secs_f64();
        let command = step.command.lines().next().unwrap_or_default();
        eprintln!("{took:8.2} s  {at}  {command}");
    }

    /// Types a command into a new terminal.
    fn types(&self, command: &str) -> Terminal {
        let state = self.state();
        let state = state.display();
        // What a server leaves behind concerns nobody: it ends when others have begun.
        let after = match serves(command) {
            true => String::new(),
            false => format!(
                "status=$?\n{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > '{state}'\nexit $status\n"
            ),
        };
        let script = format!(". '{state}'\n{command}\n{after}");
        // Shells read their files as they go.
        let number = self.typed.lines().count();
        let file = self.ground.path(&format!("bin/typed-{number}"));
        std::fs::write(&file, script).unwrap();
        self.network.terminal(&file, &self.ground.variables())
    }

    fn command(&self, step: &Step, at: &str, varies: bool) {
        let fails = |line: &String| line.starts_with("error: ") || line.contains("An error");
        let fails = step.shown.iter().any(fails);
        let began = Instant::now();
        loop {
            let mut terminal = self.types(&step.command);
            let status = loop {
                if let Some(status) = terminal.ended() {
                    break status;
                }
                assert!(
                    began.elapsed() < LONGEST,
                    "{at} does not end\n{}",
                    self.said(&terminal)
                );
                thread::sleep(PAUSE);
            };
            let came = terminal.text();
            let any = varies || step.shown.is_empty();
            let same = any || shown::same(&step.shown, &came, &self.ground.home());
            if same && status.success() != fails {
                eprint!("{came}");
                return;
            }
            let develops = self
                .server
                .as_ref()
                .is_some_and(|(_, c)| c.contains("shim dev"));
            if !develops || began.elapsed() > PATIENCE {
                panic!(
                    "{at}: another result ({status})\n--- the page\n{}\n{}",
                    step.shown.join("\n"),
                    self.said(&terminal)
                );
            }
        }
    }

    /// Waits until the server serves.
    fn server_serves(&mut self, at: &str) {
        self.wait_for_server(at, LONGEST, |text| text.contains("serving http"));
    }

    /// Waits until the server has shown what the page shows.
    fn server_shows(&mut self, step: &Step, at: &str) {
        let home = self.ground.home();
        self.wait_for_server(at, LONGEST, |text| shown::among(&step.shown, text, &home));
    }

    fn wait_for_server(&mut self, at: &str, longest: Duration, done: impl Fn(&str) -> bool) {
        let began = Instant::now();
        loop {
            let Some((server, _)) = &mut self.server else {
                panic!("{at}: there is no server");
            };
            let ended = server.ended();
            if done(&server.text()) && ended.is_none() {
                return;
            }
            // `shim dev` goes on, and waits for an edit.
            let failed = server.text().contains("failed: requests get the errors");
            if ended.is_some() || failed || began.elapsed() > longest {
                let (server, _) = self.server.take().unwrap();
                panic!(
                    "{at}: the server shows something else\n{}",
                    self.said(&server)
                );
            }
            thread::sleep(PAUSE);
        }
    }

    /// Presses Ctrl-C in its terminal.
    fn stops_the_server(&mut self) {
        let Some((mut server, command)) = self.server.take() else {
            return;
        };
        server.interrupt();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = server.ended() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "`{command}` does not end");
            thread::sleep(PAUSE);
        };
        eprint!("{}", server.text());
        assert!(
            status.success(),
            "`{command}`: {status}\n{}",
            self.said(&server)
        );
    }

    /// What a terminal shows, for messages, and what led there.
    fn said(&self, terminal: &Terminal) -> String {
        let server = self.server.as_ref().map(|(server, _)| server.text());
        format!(
            "--- the terminal\n{}\n--- the server\n{}\n--- typed\n{}---",
            terminal.text(),
            server.unwrap_or_default(),
            self.typed
        )
    }
}
