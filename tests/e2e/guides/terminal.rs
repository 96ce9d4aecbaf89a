//! Terminals on a network of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A network that has nothing but a loopback interface. It ends when dropped.
pub(super) struct Network(Child);

impl Network {
    /// The error says why it cannot be had.
    pub(super) fn new() -> Result<Self, String> {
        let mut unshare = Command::new("unshare");
        // When this process ends, `cat` does, which is the first process of its namespace: so the
        // kernel ends all others, whatever they do with a hang-up.
        unshare
            .args([
                "--map-root-user",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
            ])
            .args(["sh", "-c"])
            .arg("ip link set lo up && echo up && exec cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = unshare.spawn().map_err(|e| format!("unshare: {e}"))?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no output")?;
        let _ = BufReader::new(stdout).read_line(&mut line);
        let network = Self(child);
        match line.as_str() {
            "up\n" => Ok(network),
            _ => Err("no network namespace (unshare, ip)".to_owned()),
        }
    }

    /// A terminal in which a shell runs a file.
    pub(super) fn terminal(&self, file: &Path, variables: &[(String, String)]) -> Terminal {
        let network = self.0.id().to_string();
        let mut command = Command::new("nsenter");
        command
            .args(["--user", "--net", "--preserve-credentials"])
            .arg(format!("--pid=/proc/{network}/ns/pid_for_children"))
            .args(["--target", &network])
            .args(["script", "--quiet", "--return", "--command"])
            .arg(format!("stty cols 120; exec bash '{}'", file.display()))
            .arg("/dev/null")
            .env_clear()
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let text = Arc::new(Mutex::new(Vec::new()));
        let mut stdout = child.stdout.take().unwrap();
        let written = text.clone();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                let mut text = written.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&buffer[..count]);
            }
        });
        Terminal {
            keys: child.stdin.take(),
            child,
            text,
            reader: Some(reader),
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A terminal. What runs in it ends with the network at the latest.
pub(super) struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Terminal {
    /// What was written up to now.
    pub(super) fn text(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).replace("\r\n", "\n")
    }

    /// How the command ended, if it has; all that it wrote is there then.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap()?;
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        Some(status)
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&mut self) {
        if let Some(keys) = &mut self.keys {
            let _ = keys.write_all(b"\x03");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.interrupt();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
