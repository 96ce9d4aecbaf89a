//! Where checks look.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::config::Environment;

/// The most that is read of a file of the system's, or of what a program says, in bytes.
const MOST: u64 = 4 << 20;
/// How long a program may take to say something of itself; rustup may fetch a toolchain first.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where checks look.
#[derive(Debug, Clone)]
pub struct Here {
    /// The variables.
    pub variables: Environment,
    /// The folder that relative paths are of.
    pub folder: PathBuf,
    /// The shim's own file.
    pub program: PathBuf,
}

/// A program that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Where it is.
    pub(super) path: PathBuf,
    /// The first line of what it says of itself, or what came of asking.
    pub(super) said: Result<String, String>,
}

impl Here {
    /// As this process stands.
    ///
    /// # Errors
    /// The folder it is in has gone, or its own file cannot be told.
    pub fn of_process() -> io::Result<Self> {
        Ok(Self {
            variables: Environment::of_process(),
            folder: std::env::current_dir()?,
            program: std::env::current_exe()?,
        })
    }

    /// A variable, if it is set to a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.to_str()
    }

    /// A path as it is meant here.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// A path below the home of whoever runs this.
    pub(super) fn home(&self, path: &str) -> Option<PathBuf> {
        Some(self.path(self.variables.get("HOME")?).join(path))
    }

    /// The program that would be started by this name.
    pub(super) fn find(&self, name: impl AsRef<OsStr>) -> Option<PathBuf> {
        let name = Path::new(name.as_ref());
        if name.components().count() > 1 {
            return Some(self.path(name)).filter(|path| runs(path));
        }
        let folders = std::env::split_paths(self.variables.get("PATH")?);
        let mut paths = folders.map(|folder| self.path(folder).join(name));
        paths.find(|path| runs(path))
    }

    /// The program of this name, and what it says if it is asked.
    pub(super) fn ask(&self, name: impl AsRef<OsStr>, arguments: &[&str]) -> Option<Program> {
        let path = self.find(name)?;
        let said = self.run(&path, arguments);
        let said = said.map(|text| text.lines().next().unwrap_or_default().to_owned());
        Some(Program { path, said })
    }

    /// What a program writes to standard output, or why it does not. It is ended after
    /// [`PATIENCE`].
    pub(super) fn run(&self, program: &Path, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command.stdout(Stdio::piped());
        let failed = |error: io::Error| error.to_string();
        let mut child = command.spawn().map_err(failed)?;
        let until = Instant::now() + PATIENCE;
        let (stdout, stderr) = (apart(child.stdout.take()), apart(child.stderr.take()));
        let read = |from: Receiver<String>| {
            let left = until.saturating_duration_since(Instant::now());
            from.recv_timeout(left).ok()
        };
        let (Some(text), Some(said)) = (read(stdout), read(stderr)) else {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            return Err(format!("it does not end within {} s", PATIENCE.as_secs()));
        };
        let status = child.wait().map_err(failed)?;
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        match (status.success(), last) {
            (true, _) => Ok(text),
            (false, Some(last)) => Err(last.to_owned()),
            (false, None) => Err(status.to_string()),
        }
    }
}

/// Reads a stream on a thread of its own, which may outlive who waits for it.
fn apart(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let text = stream.map_or(Ok(String::new()), start);
        // Nobody waits any more.
        let _ = sender.send(text.unwrap_or_default());
    });
    receiver
}

/// A file of the system's; `None`: it is not there, or may not be read.
pub(super) fn read(path: impl AsRef<Path>) -> Option<String> {
    start(File::open(path).ok()?).ok()
}

/// A number that is the whole of such a file.
pub(super) fn number(path: &str) -> Option<u64> {
    read(path)?.trim().parse().ok()
}

/// The beginning of what can be read, which should be a text.
fn start(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn runs(path: &Path) -> bool {
    let metadata = fs::metadata(path);
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use crate::doctor::testing::Place;

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        let place = Place::new();
        place.file("a/tool", "not for running");
        place.program("b/tool", "echo first; echo second");
        place.program("c/tool", "echo hidden");
        let here = place.here(&[("PATH", "a:b:c")]);
        let tool = here.ask("tool", &[]).unwrap();
        assert_eq!(tool.path, place.path("b/tool"));
        assert_eq!(tool.said, Ok("first".to_owned()));
        assert_eq!(here.find("other"), None);
        assert_eq!(here.find("c/tool"), Some(place.path("c/tool")));
        assert_eq!(place.here(&[]).find("tool"), None);
    }

    #[test]
    fn a_program_may_say_much_on_both_streams() {
        let place = Place::new();
        place.program(
            "talks",
            "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; echo",
        );
        let here = place.here(&[("PATH", ".")]);
        let path = here.find("talks").unwrap();
        let said = here.run(&path, &[]).unwrap();
        assert_eq!(said.len(), 300_001);
    }

    #[test]
    fn a_program_that_fails_is_told_with_its_last_words() {
        let place = Place::new();
        place.program("talks", "echo one >&2; echo two >&2; exit 3");
        place.program("silent", "exit 3");
        let here = place.here(&[("PATH", ".")]);
        assert_eq!(here.ask("talks", &[]).unwrap().said, Err("two".to_owned()));
        let silent = here.ask("silent", &[]).unwrap();
        assert_eq!(silent.said, Err("exit status: 3".to_owned()));
    }
}
