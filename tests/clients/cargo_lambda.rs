//! `bootstrap` under `cargo lambda watch`, a Runtime API server of others.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use shim_testkit::runtime_api::Lambda;
use shim_testkit::{PATIENCE, Program, TempDir, Value, eventually, json, plugin};

use crate::environment;
use crate::skip;

/// A server, for one function; ends when dropped.
struct Watch {
    server: Child,
    address: SocketAddr,
    /// A crate, as it wants to be in one.
    folder: TempDir,
}

impl Watch {
    fn start(program: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let manifest = "[package]\nname = \"function\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), "fn main() {}\n").unwrap();
        let output = File::create(folder.path().join("output")).unwrap();
        let address = free_address();
        let server = Command::new(program)
            .args(["lambda", "watch", "--only-lambda-apis"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port"])
            .arg(address.port().to_string())
            .current_dir(folder.path())
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let watch = Self {
            server,
            address,
            folder,
        };
        eventually("cargo-lambda does not listen", || {
            TcpStream::connect(address).ok().map(drop)
        });
        watch
    }

    /// What it says to a runtime that it does not start itself.
    fn runtime_api(&self) -> String {
        format!("{}/.rt", self.address)
    }

    /// The status and body that a caller gets for an event.
    #[track_caller]
    fn invoke(&self, event: &Value) -> (u16, Value) {
        let event = event.to_string();
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "POST /2015-03-31/functions/_/invocations HTTP/1.1\r\nhost: {}\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{event}",
            self.address,
            event.len(),
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        let said = || fs::read_to_string(self.folder.path().join("output"));
        let parsed = || {
            let (head, body) = answer.split_once("\r\n\r\n")?;
            let status = head.split(' ').nth(1)?.parse().ok()?;
            Some((status, serde_json::from_str(body).ok()?))
        };
        parsed().unwrap_or_else(|| panic!("{read:?}: {answer}\n{:?}", said()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// An address that was free just now: it takes no listener of ours, and no port 0.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn cargo_lambda_feeds_bootstrap() {
    let program = match environment::cargo_lambda() {
        Ok(program) => program,
        Err(missing) => return skip("cargo-lambda", &missing),
    };
    let cases = [
        (
            "greet",
            json!({ "name": "you" }),
            200,
            json!({ "text": "Hello, you!" }),
        ),
        (
            "fails",
            json!({ "how": "named" }),
            500,
            json!({ "errorType": "PaymentRequired", "errorMessage": "the card was \"declined\"\n" }),
        ),
        (
            "panics",
            json!({ "how": "text" }),
            500,
            json!({ "errorType": "Runtime.Panic", "errorMessage": "boom" }),
        ),
    ];
    for (handler, event, status, expected) in cases {
        // Each its own: events must not go to one that has just been ended.
        let watch = Watch::start(&program);
        let bootstrap = Program::at(Path::new(env!("CARGO_BIN_EXE_bootstrap")));
        let function = Lambda::new(&bootstrap)
            .file("behaviours.so", &plugin("fixture-behaviours"))
            .handler(&format!("behaviours.{handler}"))
            .env("AWS_LAMBDA_RUNTIME_API", watch.runtime_api())
            .start();
        // Again and again: after an error, too.
        for _ in 0..3 {
            let (found, mut body) = watch.invoke(&event);
            body.as_object_mut().unwrap().remove("stackTrace");
            assert_eq!((found, body), (status, expected.clone()), "{handler}");
        }
        drop(function);
    }
}
