//! `train`: the load under which a build counts what it runs (`just release`).
//!
//! All that serves requests is asked for something: what was never run is taken for something that
//! is never needed, and made small instead of fast.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use crate::contender::{Build, Contender, build};
use crate::invoke::{Call, FUNCTIONS, HELLO};
use crate::machine::Cores;
use crate::server::{CONNECTION, Server};
use crate::wrk::{self, Load};

/// Run a build of shim under load, in all ways in which it serves.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// The shim, built with `-Cprofile-generate`.
    shim: PathBuf,
    /// Seconds for each load.
    #[arg(long, default_value_t = 1)]
    seconds: u64,
}

const KEY: (&str, &str) = ("AKIDTRAINING", "secret");

/// Requests of a load that one client makes.
const REPEAT: &str = "5000";

impl Train {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let folder = build(&["--package", "bench-plugin", "--lib"])?;
        let build = Build::with_plugin_of(&folder, &self.shim)?;
        let files = TempDir::new().context("no temporary folder")?;
        self.http(&build)?;
        self.calls(&build, files.path())?;
        self.events(&build)?;
        self.clients(&build, files.path())
    }

    /// Web handlers, over both versions of HTTP.
    fn http(&self, build: &Build) -> anyhow::Result<()> {
        let hello = build.contender("hello", "hello", &[]);
        let server = start(&hello)?;
        self.wrk(&server, "/", None)?;
        over_http2(&server)?;
        server.stop()?;
        let others = [
            ("hello_plain", ["/"].as_slice()),
            ("mix", &["/quick", "/io"]),
        ];
        for (handler, paths) in others {
            let server = start(&build.contender(handler, handler, &[]))?;
            for path in paths {
                self.wrk(&server, path, None)?;
            }
            server.stop()?;
        }
        let spawned = build.contender("spawned", "hello", &["--placement", "spawned"]);
        let server = start(&spawned)?;
        self.wrk(&server, "/", None)?;
        server.stop()
    }

    /// Calls of the Invoke API, as the benchmark makes them.
    fn calls(&self, build: &Build, scripts: &Path) -> anyhow::Result<()> {
        let server = start(&build.functions("calls", &FUNCTIONS, &[], HELLO))?;
        for call in [Call::Hello, Call::Json1k, Call::Echo1k, Call::Echo1m] {
            self.wrk(&server, call.path(), Some(call.script(scripts)?))?;
        }
        let order = Call::Json1k.script(scripts)?;
        let streamed = "/2021-11-15/functions/order/response-streaming-invocations";
        self.wrk(&server, streamed, Some(order.clone()))?;
        let tail = scripts.join("tail.lua");
        let header = "wrk.headers['x-amz-log-type'] = 'Tail'\n";
        std::fs::write(&tail, std::fs::read_to_string(&order)? + header)?;
        self.wrk(&server, Call::Json1k.path(), Some(tail))?;
        server.stop()
    }

    /// Requests that become events, and responses that come of them.
    fn events(&self, build: &Build) -> anyhow::Result<()> {
        let flags = ["--http-events", "v2"];
        let server = start(&build.contender("events", "echo", &flags))?;
        self.wrk(&server, "/quick?a=b", None)?;
        server.stop()
    }

    /// Signed calls over TLS, by the client that the shim is.
    fn clients(&self, build: &Build, files: &Path) -> anyhow::Result<()> {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let file = |name: &str, text: String| -> anyhow::Result<String> {
            let path = files.join(name);
            std::fs::write(&path, text).context("cannot write a file")?;
            Ok(path.to_string_lossy().into_owned())
        };
        let cert = file("cert.pem", issued.cert.pem())?;
        let key = file("key.pem", issued.signing_key.serialize_pem())?;
        let event = file("event.json", Call::Json1k.event())?;
        let keys = format!(
            "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            KEY.0, KEY.1
        );
        let credentials = file("credentials", keys)?;
        let flags = [
            ["--tls-cert", cert.as_str()],
            ["--tls-key", &key],
            ["--credentials", &credentials],
        ];
        let functions = [("order", "order"), ("web", "hello")];
        let server =
            start(&build.functions("secure", &functions, flags.as_flattened(), CONNECTION))?;
        let order = ["order", "--data-file", &event];
        let web = ["web", "--data-example", "apigw-v2"];
        let calls = [
            (order, [].as_slice()),
            (order, &["--type", "event"]),
            (web, &[]),
        ];
        for (words, flags) in calls {
            let status = Command::new(&self.shim)
                .arg("invoke")
                .args(words)
                .args(flags)
                .args(["--repeat", REPEAT, "--concurrency", "8"])
                .arg("--endpoint-url")
                .arg(format!("https://localhost:{}", server.address.port()))
                .env("SSL_CERT_FILE", &cert)
                .env("AWS_ACCESS_KEY_ID", KEY.0)
                .env("AWS_SECRET_ACCESS_KEY", KEY.1)
                .stdout(Stdio::null())
                .status()
                .context("cannot run shim invoke")?;
            ensure!(
                status.success(),
                "shim invoke {words:?} {flags:?}: {status}"
            );
        }
        server.stop()
    }

    fn wrk(&self, server: &Server, path: &str, script: Option<PathBuf>) -> anyhow::Result<()> {
        let cores = Cores::any();
        for connections in [1, 64] {
            let load = Load {
                url: format!("http://{}{path}", server.address),
                connections,
                duration: Duration::from_secs(self.seconds),
                threads: 1,
                script: script.clone(),
            };
            let done = wrk::start(&load, &cores, None)?.finish()?;
            eprintln!(
                "{path}, {connections} connections: {} requests",
                done.requests
            );
        }
        Ok(())
    }
}

fn start(contender: &Contender) -> anyhow::Result<Server> {
    Server::start(&contender.program, None, None)
}

/// Requests over one connection, one after the other.
fn over_http2(server: &Server) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = TokioIo::new(TcpStream::connect(server.address).await?);
        let (mut requests, connection) =
            http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), stream).await?;
        let connection = tokio::spawn(connection);
        for _ in 0..REPEAT.parse()? {
            let request = Request::get("http://localhost/quick").body(Empty::new())?;
            let response = requests.send_request(request).await?;
            ensure!(response.status() == 200, "HTTP/2: {}", response.status());
            response.into_body().collect().await?;
        }
        drop(requests);
        Ok(connection.await??)
    })
}
