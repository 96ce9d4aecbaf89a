//! Runs the real binary: to its end, or as a server that answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shim of this build.
pub(crate) const SHIM: &str = env!("CARGO_BIN_EXE_shim");

/// A command without what may be set for people: `SHIM_*`, `RUST_LOG` and the like.
pub(crate) fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("SHIM_") || name.starts_with("AWS_") || name == "PORT" {
            command.env_remove(&*name);
        }
    }
    command.env_remove("RUST_LOG").env_remove("LD_LIBRARY_PATH");
    command
}

/// A shim that serves.
pub(crate) struct Serving {
    child: Child,
    address: String,
    lines: Receiver<String>,
    /// All that it has logged so far.
    log: String,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Serving {
    /// Starts `shim --plugin PLUGIN --handler HANDLER` on a free port and waits until it serves.
    pub(crate) fn start(shim: &Path, plugin: &Path, handler: &str, mark: &Path) -> Self {
        let mut child = command(shim)
            .args(["--port", "0", "--handler", handler, "--env", "STEP=2"])
            .arg("--plugin")
            .arg(plugin)
            .env("PROBE_MARK", mark)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the shim starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut serving = Self {
            child,
            address: String::new(),
            lines,
            log: String::new(),
        };
        let line = serving.logged(&["serving http://"]);
        let rest = line.split("http://").nth(1).expect("an address");
        rest.split('"')
            .next()
            .unwrap_or(rest)
            .clone_into(&mut serving.address);
        serving
    }

    /// The first line of the log, from now on or before, that has all of these texts.
    pub(crate) fn logged(&mut self, texts: &[&str]) -> String {
        let has_all = |line: &&str| texts.iter().all(|text| line.contains(text));
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.log.lines().find(has_all) {
                return line.to_owned();
            }
            match self.lines.recv_timeout(until - Instant::now()) {
                Ok(line) => self.log.extend([&line, "\n"]),
                Err(_) => panic!("never logged: {texts:?}\n{}", self.log),
            }
        }
    }

    /// All that was logged until now.
    pub(crate) fn log(&mut self) -> &str {
        self.lines
            .try_iter()
            .for_each(|line| self.log.extend([&line, "\n"]));
        &self.log
    }

    /// Sends a request with a request id and reads the response.
    pub(crate) fn post(&self, id: &str, body: &str) -> Response {
        let length = body.len();
        self.send(&format!(
            "POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\nx-request-id: {id}\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))
        .unwrap_or_else(|| panic!("no response\n{}", self.log))
    }

    /// Sends these bytes and reads the response; `None` if there is none.
    pub(crate) fn send(&self, request: &str) -> Option<Response> {
        let mut socket = TcpStream::connect(&self.address).ok()?;
        socket.set_read_timeout(Some(PATIENCE)).ok()?;
        socket.write_all(request.as_bytes()).ok()?;
        let mut received = Vec::new();
        socket.read_to_end(&mut received).ok()?;
        let received = String::from_utf8_lossy(&received);
        let (head, body) = received.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let body = if head.contains("transfer-encoding: chunked") {
            unchunk(body)
        } else {
            body.to_owned()
        };
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Response { status, head, body })
    }

    /// Stops it as a service manager would; returns the exit code and the whole log.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        let pid = i32::try_from(self.child.id()).ok();
        let pid = pid.and_then(rustix::process::Pid::from_raw).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        let code = self.wait();
        (code, std::mem::take(&mut self.log))
    }

    /// Waits for its end; returns the exit code, or `None` if a signal killed it.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("it can be waited for") {
                Some(status) => break status,
                None if Instant::now() > until => panic!("it does not end\n{}", self.log()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        // The log ends when the process does.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.log.extend([&line, "\n"]);
        }
        status.code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunk(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
        whole.push_str(&after[..size]);
        rest = &after[size + 2..];
        if size == 0 {
            break;
        }
    }
    whole
}

/// Runs a program that ends by itself.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Whether C can be compiled here.
pub(crate) fn has_c_compiler() -> bool {
    Command::new("cc").arg("--version").output().is_ok()
}

/// Says, past the test harness, which keeps the output of tests that pass, why one did not run.
pub(crate) fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
