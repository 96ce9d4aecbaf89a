//! The shims that clients call, and the functions that they serve.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use shim_testkit::{Command, Connection, Program, Shim, TempDir, Value, json, plugin};

/// An access key of a client, in JSON.
pub(crate) fn keys() -> Value {
    json!({ "id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" })
}

/// What stands before the paths of one of the shims.
const BASE_PATH: &str = "/base/path";

/// The functions, by name: the handler and what else stands in their tables.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("f", "dump", "aliases = [\"PROD\"]"),
    ("versioned", "dump", "version = \"7\"\naliases = [\"LIVE\"]"),
    ("nothing", "nothing", ""),
    ("counted", "counted", ""),
    ("short", "counted", "timeout = \"300ms\""),
    ("busy", "sleeps", "concurrency = 1\nqueue = 0"),
    ("logs", "logs_plain", ""),
    ("pieces", "tape", ""),
    ("torn", "stream_panics", ""),
];

/// Shims that serve the same functions in different ways.
pub(crate) struct Served {
    /// To everybody.
    open: Shim,
    /// To those who sign with the [`keys`].
    signed: Shim,
    /// To the same, below a base path.
    based: Shim,
    /// Keeps `busy` busy.
    _held: Connection,
    folder: TempDir,
}

/// What makes the handler of `busy` end.
fn gate(folder: &Path) -> PathBuf {
    folder.join("gate")
}

impl Served {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("shim.toml");
        fs::write(&config, functions()).unwrap();
        let credentials = folder.path().join("credentials");
        let key = keys();
        let text = format!(
            "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key["id"].as_str().unwrap(),
            key["secret"].as_str().unwrap(),
        );
        fs::write(&credentials, text).unwrap();
        fs::set_permissions(&credentials, Permissions::from_mode(0o600)).unwrap();

        let shim = || -> Command {
            let program = Program::at(Path::new(env!("CARGO_BIN_EXE_shim")));
            let command = program.command();
            command.arg("--config", &config).arg("--port", "0")
        };
        let open = shim().start();
        let mut held = open.connect();
        let event = json!({ "until": gate(folder.path()) }).to_string();
        held.send_request("POST", &path("busy"), "", event.as_bytes());
        open.wait_for_message("sleeping");
        let signed = || shim().arg("--credentials", &credentials);
        Self {
            signed: signed().start(),
            based: signed().arg("--base-path", BASE_PATH).start(),
            open,
            _held: held,
            folder,
        }
    }

    /// The endpoint that serves everybody.
    pub(crate) fn open(&self) -> String {
        format!("http://{}", self.open.address())
    }

    /// The endpoint that serves those who sign with the [`keys`].
    pub(crate) fn signed(&self) -> String {
        format!("http://{}", self.signed.address())
    }

    /// The same below a base path.
    pub(crate) fn based(&self) -> String {
        format!("http://{}{BASE_PATH}", self.based.address())
    }

    /// How often `function`, served to everybody by the handler `counted`, ran under this name.
    #[track_caller]
    pub(crate) fn runs(&self, function: &str, name: &str) -> u64 {
        let told = self
            .open
            .post(&path(function), json!({ "tell": name }).to_string());
        told.expect_status(200);
        told.json().as_u64().unwrap()
    }

    /// All that the shims have said, for messages.
    pub(crate) fn said(&self) -> String {
        let shims = [&self.open, &self.signed, &self.based];
        shims.map(Shim::said).concat()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = File::create(gate(self.folder.path()));
    }
}

/// The path of `Invoke`.
fn path(function: &str) -> String {
    format!("/2015-03-31/functions/{function}/invocations")
}

/// The configuration file.
fn functions() -> String {
    let plugin = plugin("fixture-behaviours");
    let table = |(name, handler, more): &(&str, &str, &str)| {
        format!("[function.{name}]\nplugin = {plugin:?}\nhandler = {handler:?}\n{more}\n\n")
    };
    FUNCTIONS.iter().map(table).collect()
}
