//! Runs cargo and learns what it made.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use serde::Deserialize;

use super::{BuildError, Messages, Options, PluginCrate};

/// The most that is kept of what the compiler says about one plugin, in bytes.
const MAX_DIAGNOSTICS: usize = 1 << 20;
/// Lines that wait to be handed over.
const QUEUE: usize = 64;

/// What came of one plugin.
pub type Outcome = Result<Built, Failed>;

/// A plugin that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The file, absolute.
    pub file: PathBuf,
    /// Nothing had changed: the file is as it was.
    pub fresh: bool,
    /// Warnings of the compiler; empty if they were [shown](Messages::Shown).
    pub diagnostics: String,
}

/// A plugin that was not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What the compiler said about it, or cargo, if it had not come to compiling; empty if it was
    /// [shown](Messages::Shown).
    pub diagnostics: String,
}

/// The cargo to run: the one that runs this program, if any, as cargo's own subcommands do.
pub(super) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Starts to build plugins, which are all of one workspace, with one cargo. A plugin that fails
/// does not keep the others from being built.
///
/// # Errors
/// cargo cannot be started, or what the target needs is not installed.
pub fn start(plugins: &[PluginCrate], options: &Options) -> Result<Running, BuildError> {
    let mut cargo = command(plugins, options)?;
    let mut child = cargo.spawn().map_err(BuildError::NoCargo)?;
    Ok(Running {
        messages: child.stdout.take(),
        progress: child.stderr.take(),
        child,
        plugins: plugins.to_vec(),
    })
}

fn command(plugins: &[PluginCrate], options: &Options) -> Result<Command, BuildError> {
    let mut cargo = Command::new(program());
    match options.target.triple_for_cargo()? {
        None => drop(cargo.arg("build")),
        Some((subcommand, triple)) => drop(cargo.args([subcommand, "--target", &triple])),
    }
    cargo.args(["--lib", "--keep-going"]);
    if options.release {
        cargo.arg("--release");
    }
    if let Some(plugin) = plugins.first() {
        // Where the configuration of the workspace's `.cargo` is found.
        cargo.current_dir(&plugin.workspace);
        let manifest = match plugins {
            [only] => only.manifest.clone(),
            _ => plugin.workspace.join("Cargo.toml"),
        };
        cargo.arg("--manifest-path").arg(manifest);
    }
    for plugin in plugins {
        cargo.args(["--package", &plugin.id]);
    }
    for features in &options.features {
        cargo.args(["--features", features]);
    }
    let (format, stderr) = match options.messages {
        Messages::Shown => ("json-render-diagnostics", Stdio::inherit()),
        Messages::Collected { colours: false } => ("json", Stdio::piped()),
        Messages::Collected { colours: true } => ("json-diagnostic-rendered-ansi", Stdio::piped()),
    };
    cargo.arg("--message-format").arg(format);
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    cargo.stderr(stderr);
    Ok(cargo)
}

/// A cargo that builds.
#[derive(Debug)]
pub struct Running {
    child: Child,
    messages: Option<ChildStdout>,
    progress: Option<ChildStderr>,
    plugins: Vec<PluginCrate>,
}

impl Running {
    /// Its process, for those who want to end it early.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end. `line` gets each line that cargo itself says (`Compiling …`), while it
    /// works, if they are [collected](Messages::Collected). The outcomes are in the order of the
    /// plugins.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn finish(mut self, line: &mut dyn FnMut(&str)) -> Result<Vec<Outcome>, BuildError> {
        let mut said = String::new();
        let (sender, receiver) = mpsc::sync_channel(QUEUE);
        let messages = self.messages.take();
        let progress = self.progress.take();
        let read = thread::scope(|scope| {
            let lines = scope.spawn(move || progress.map(|stderr| forward(stderr, &sender)));
            let read = scope.spawn(|| messages.map(|stdout| self.read(stdout)));
            for text in receiver {
                line(&text);
                keep(&mut said, &format!("{text}\n"));
            }
            let _ = lines.join();
            read.join().ok().flatten()
        });
        let status = self.child.wait().map_err(BuildError::Lost)?;
        Ok(outcomes(read.unwrap_or_default(), status, &said))
    }

    /// Reads what cargo says in JSON.
    fn read(&self, stdout: impl Read) -> Vec<Seen> {
        let mut seen: Vec<_> = self.plugins.iter().map(|_| Seen::default()).collect();
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let Ok(message) = serde_json::from_slice::<Message>(&line) else {
                continue;
            };
            let id = message.package_id.unwrap_or_default();
            let place = self.plugins.iter().position(|plugin| plugin.id == id);
            if message.reason == "compiler-artifact"
                && let Some(place) = place
                && let Some(seen) = seen.get_mut(place)
                && let Some(file) = message.filenames.into_iter().find(|file| is_library(file))
            {
                seen.file = Some(file);
                seen.fresh = message.fresh;
            }
            if let Some(text) = message.message.and_then(|message| message.rendered) {
                // What is wrong with a dependency is wrong with all.
                for (number, seen) in seen.iter_mut().enumerate() {
                    if place.is_none_or(|place| place == number) {
                        keep(&mut seen.diagnostics, &text);
                    }
                }
            }
        }
        seen
    }
}

/// What was seen of one plugin.
#[derive(Debug, Default)]
struct Seen {
    file: Option<PathBuf>,
    fresh: bool,
    diagnostics: String,
}

/// A line of cargo's.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    package_id: Option<String>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    fresh: bool,
    message: Option<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    rendered: Option<String>,
}

fn outcomes(seen: Vec<Seen>, status: ExitStatus, said: &str) -> Vec<Outcome> {
    let outcome = |seen: Seen| match seen.file {
        Some(file) => Ok(Built {
            file,
            fresh: seen.fresh,
            diagnostics: seen.diagnostics,
        }),
        None => {
            let mut diagnostics = seen.diagnostics;
            if diagnostics.is_empty() {
                diagnostics.push_str(said);
            }
            if diagnostics.is_empty() && status.code().is_none() {
                diagnostics = format!("cargo was ended: {status}\n");
            }
            Err(Failed { diagnostics })
        }
    };
    seen.into_iter().map(outcome).collect()
}

fn is_library(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "so")
}

/// Adds to a text, as far as its limit allows.
fn keep(text: &mut String, more: &str) {
    if text.len() + more.len() <= MAX_DIAGNOSTICS {
        text.push_str(more);
    }
}

fn forward(stderr: impl Read, to: &SyncSender<String>) -> io::Result<()> {
    for line in BufReader::new(stderr).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if to.send(line).is_err() {
            break;
        }
    }
    Ok(())
}
