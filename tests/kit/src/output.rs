//! What a process writes, collected while it runs.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::{Log, PATIENCE};

/// The lines of both streams of a process.
#[derive(Debug)]
pub(crate) struct Output {
    /// The command line, for messages.
    command: String,
    lines: Mutex<Lines>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    stdout: Vec<String>,
    stderr: Vec<String>,
    ended: u8,
}

type Pick = fn(&mut Lines) -> &mut Vec<String>;

impl Output {
    /// Starts to collect.
    pub(crate) fn of(command: String, child: &mut Child) -> Arc<Self> {
        let output = Arc::new(Self {
            command,
            lines: Mutex::default(),
            more: Condvar::new(),
        });
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        output.collect(stdout, |lines| &mut lines.stdout);
        output.collect(stderr, |lines| &mut lines.stderr);
        output
    }

    fn collect(self: &Arc<Self>, stream: impl Read + Send + 'static, pick: Pick) {
        let output = self.clone();
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).into_owned();
                pick(&mut output.lock()).push(text);
                output.more.notify_all();
                line.clear();
            }
            output.lock().ended += 1;
            output.more.notify_all();
        });
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stdout(&self) -> String {
        self.lock().stdout.concat()
    }

    pub(crate) fn stderr(&self) -> String {
        self.lock().stderr.concat()
    }

    /// The lines of standard error that are JSON, in the order of their times.
    pub(crate) fn logs(&self) -> Vec<Log> {
        let lines = self.lock();
        let mut logs: Vec<_> = lines.stderr.iter().filter_map(|l| Log::parse(l)).collect();
        logs.sort_by(Log::by_time);
        logs
    }

    /// Whether both streams are closed.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended == 2
    }

    /// Waits until both streams are closed.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) {
        self.wait("its output does not end", |lines| {
            (lines.ended == 2).then_some(())
        });
    }

    /// Waits for `count` lines of standard error in which `find` finds something.
    #[track_caller]
    pub(crate) fn wait_for_lines<T>(
        &self,
        what: &str,
        count: usize,
        find: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.wait(what, |lines| {
            let found: Vec<_> = lines.stderr.iter().filter_map(|line| find(line)).collect();
            (found.len() >= count).then_some(found)
        })
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, mut look: impl FnMut(&Lines) -> Option<T>) -> T {
        let begun = Instant::now();
        let mut lines = self.lock();
        loop {
            if let Some(found) = look(&lines) {
                return found;
            }
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if left.is_zero() || lines.ended == 2 {
                drop(lines);
                panic!("{what}\n{self}");
            }
            let waited = self.more.wait_timeout(lines, left);
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// All that is known, for the message of a failed test.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        writeln!(f, "--- {}", self.command)?;
        writeln!(
            f,
            "--- standard output\n{stdout}--- standard error\n{stderr}---"
        )
    }
}
