//! A shim that runs.

use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use crate::output::Output;
use crate::{Call, Connection, Http2, Log, Response, invoke, wait_until};

/// A shim that runs; killed when dropped.
#[derive(Debug)]
pub struct Shim {
    child: Mutex<Child>,
    pid: Pid,
    output: Arc<Output>,
    address: OnceLock<SocketAddr>,
}

pub(crate) fn started(child: Child, output: Arc<Output>) -> Shim {
    let pid = Pid::from_child(&child);
    Shim {
        child: Mutex::new(child),
        pid,
        output,
        address: OnceLock::new(),
    }
}

/// The address behind `mark` in a log line.
fn address_behind(line: &str, mark: &str) -> Option<SocketAddr> {
    let rest = line.split_once(mark)?.1;
    let end = rest.find(|char: char| !char.is_ascii_hexdigit() && !"[]:.".contains(char));
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

impl Shim {
    pub(crate) fn output(&self) -> &Arc<Output> {
        &self.output
    }

    /// Where it serves, once it does.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        *self.address.get_or_init(|| {
            let find = |line: &str| {
                let found = address_behind(line, "serving http://");
                found.or_else(|| address_behind(line, "serving https://"))
            };
            self.output.wait_for_lines("it does not serve", 1, find)[0]
        })
    }

    /// Where the admin listener is.
    #[track_caller]
    pub fn admin(&self) -> SocketAddr {
        let find = |line: &str| {
            let log = Log::parse(line)?;
            log.says("admin listener")
                .then(|| log.text("address").parse().ok())?
        };
        self.output
            .wait_for_lines("there is no admin listener", 1, find)[0]
    }

    /// A new connection.
    #[track_caller]
    pub fn connect(&self) -> Connection {
        self.connect_to(self.address())
    }

    /// A new connection to another address of this process.
    #[track_caller]
    pub fn connect_to(&self, address: SocketAddr) -> Connection {
        match TcpStream::connect(address) {
            Ok(stream) => Connection::new(stream, self.output.clone()),
            Err(error) => panic!("cannot connect to {address}: {error}\n{}", self.output),
        }
    }

    /// A new connection that speaks HTTP/2 without TLS.
    #[track_caller]
    pub fn http2(&self) -> Http2 {
        Http2::connect(self.address(), self.output.clone())
    }

    /// Sends a request on a connection of its own.
    #[track_caller]
    pub fn request(&self, method: &str, target: &str, headers: &str, body: &[u8]) -> Response {
        self.connect().request(method, target, headers, body)
    }

    /// `GET`
    #[track_caller]
    pub fn get(&self, target: &str) -> Response {
        self.request("GET", target, "", b"")
    }

    /// `POST`
    #[track_caller]
    pub fn post(&self, target: &str, body: impl AsRef<[u8]>) -> Response {
        self.request("POST", target, "", body.as_ref())
    }

    /// An `Invoke` of a function, whose name is encoded as SDKs do it.
    pub fn invoke(&self, name: &str) -> Call<'_> {
        let name = invoke::encode(name);
        self.call(format!("/2015-03-31/functions/{name}/invocations"))
    }

    /// An `InvokeWithResponseStream` of a function.
    pub fn invoke_stream(&self, name: &str) -> Call<'_> {
        let name = invoke::encode(name);
        self.call(format!(
            "/2021-11-15/functions/{name}/response-streaming-invocations"
        ))
    }

    /// A `POST` to a path of the API, as it is.
    pub fn call(&self, target: impl Into<String>) -> Call<'_> {
        Call::new(self, target.into())
    }

    /// `GET` from the admin listener.
    #[track_caller]
    pub fn get_admin(&self, target: &str) -> Response {
        self.connect_to(self.admin()).get(target)
    }

    /// The log up to now, in the order of its times: each thread of the shim's writes in batches.
    pub fn logs(&self) -> Vec<Log> {
        self.output.logs()
    }

    /// Waits for a log line.
    #[track_caller]
    pub fn wait_for_log(&self, what: &str, wanted: impl Fn(&Log) -> bool) -> Log {
        self.wait_for_logs(what, 1, wanted).swap_remove(0)
    }

    /// Waits for so many log lines of a kind, and returns them in the order of their times.
    #[track_caller]
    pub fn wait_for_logs(
        &self,
        what: &str,
        count: usize,
        wanted: impl Fn(&Log) -> bool,
    ) -> Vec<Log> {
        let what = format!("no {count} log lines: {what}");
        let find = |line: &str| Log::parse(line).filter(|log| wanted(log));
        let mut logs = self.output.wait_for_lines(&what, count, find);
        logs.sort_by(Log::by_time);
        logs
    }

    /// Waits for a log line with this message.
    #[track_caller]
    pub fn wait_for_message(&self, message: &str) -> Log {
        self.wait_for_log(message, |log| log.says(message))
    }

    /// What it wrote to standard error up to now.
    pub fn stderr(&self) -> String {
        self.output.stderr()
    }

    /// All that it has said, for messages.
    pub fn said(&self) -> String {
        self.output.to_string()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// There is no such process any more.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal)
            .unwrap_or_else(|e| panic!("cannot signal: {e}\n{}", self.output));
    }

    /// Lets it reload, and waits until it has.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn reload(&self) {
        let reloaded = |log: &Log| log.says("reloaded");
        let before = self.logs().iter().filter(|log| reloaded(log)).count();
        self.signal(Signal::HUP);
        self.wait_for_logs("reloaded", before + 1, reloaded);
    }

    /// Waits for its end: the exit code, or the negative number of the signal that ended it. Its
    /// log is complete then.
    ///
    /// # Panics
    /// It does not end within [`PATIENCE`](crate::PATIENCE).
    #[track_caller]
    pub fn wait_exit(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt as _;
        let what = || format!("it does not end\n{}", self.output);
        let status = wait_until(what, || {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            child.try_wait().expect("a child can be waited for")
        });
        self.output.wait_for_end();
        status
            .code()
            .unwrap_or_else(|| -status.signal().unwrap_or_default())
    }

    /// Stops it as an orchestrator does, and expects that it ends well.
    #[track_caller]
    pub fn stop(&self) {
        self.signal(Signal::TERM);
        let code = self.wait_exit();
        assert_eq!(code, 0, "exit code\n{}", self.output);
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}
