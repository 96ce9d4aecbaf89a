//! `invoke`: calls of the Lambda Invoke API, answered by everybody, in turns.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tempfile::TempDir;

use crate::compare::{Options, Work};
use crate::contender::reference;

/// Compare the shim's Invoke API with hyper answering the same bytes.
#[derive(Debug, Args)]
pub(crate) struct Invoke {
    /// Connections; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "1,64,256")]
    connections: Vec<usize>,
    /// Connections for `echo-1m`.
    #[arg(long, value_delimiter = ',', default_value = "1,8")]
    large_connections: Vec<usize>,
    /// What to ask for; several with commas between.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "hello,json-1k,echo-1k,echo-1m"
    )]
    work: Vec<Call>,
    #[command(flatten)]
    options: Options,
}

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Call {
    /// A small document for a small document, which the shim's handler reads and writes with serde.
    Hello,
    /// A document of 1 KiB that both read and write by serde.
    #[value(name = "json-1k")]
    Json1k,
    /// The same, which comes back as it is.
    #[value(name = "echo-1k")]
    Echo1k,
    /// A text of 1 MiB that comes back.
    #[value(name = "echo-1m")]
    Echo1m,
}

/// The probe of a server that answers calls.
pub(crate) const HELLO: &str = "POST /2015-03-31/functions/hello/invocations HTTP/1.1\r\nhost: x\r\n\
                     connection: close\r\ncontent-length: 16\r\n\r\n{\"name\":\"World\"}";

/// What the shim serves.
pub(crate) const FUNCTIONS: [(&str, &str); 3] = [
    ("hello", "hello_event"),
    ("order", "order"),
    ("echo", "echo"),
];

impl Invoke {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (here, others) = self.options.builds()?;
        let mut contenders = vec![
            here.functions("shim", &FUNCTIONS, &[], HELLO),
            here.functions(
                "shim, log warn",
                &FUNCTIONS,
                &["--log-level", "warn"],
                HELLO,
            ),
            reference("hyper per core", &["--invoke", "--per-core"], HELLO)?,
            reference("hyper, few headers", &["--invoke", "--few-headers"], HELLO)?,
        ];
        for other in &others {
            contenders.push(other.functions("shim", &FUNCTIONS, &[], HELLO));
        }
        let scripts = TempDir::new().context("no temporary folder")?;
        let mut works = Vec::new();
        for call in &self.work {
            let script = call.script(scripts.path())?;
            let connections = match call {
                Call::Hello | Call::Json1k | Call::Echo1k => &self.connections,
                Call::Echo1m => &self.large_connections,
            };
            works.extend(connections.iter().map(|&connections| Work {
                name: call.name(),
                path: call.path(),
                connections,
                script: Some(script.clone()),
                bytes: (*call == Call::Echo1m).then(|| call.event().len()),
            }));
        }
        let reference = reference("hyper", &["--invoke"], HELLO)?;
        self.options.compare(reference, contenders, &works)
    }
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Json1k => "JSON 1 KiB",
            Self::Echo1k => "echo 1 KiB",
            Self::Echo1m => "echo 1 MiB",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Hello => "/2015-03-31/functions/hello/invocations",
            Self::Json1k => "/2015-03-31/functions/order/invocations",
            Self::Echo1k | Self::Echo1m => "/2015-03-31/functions/echo/invocations",
        }
    }

    /// JSON, without a quotation mark of Lua's.
    pub(crate) fn event(self) -> String {
        match self {
            Self::Hello => r#"{"name":"World"}"#.to_owned(),
            Self::Json1k | Self::Echo1k => document(),
            Self::Echo1m => format!(r#""{}""#, "x".repeat(1024 * 1024 - 2)),
        }
    }

    /// Writes a script for wrk that sends the event.
    pub(crate) fn script(self, folder: &Path) -> anyhow::Result<PathBuf> {
        let path = folder.join(format!("{self:?}.lua"));
        let script = format!(
            "wrk.method = 'POST'\nwrk.headers['content-type'] = 'application/json'\n\
             wrk.body = [[{}]]\n",
            self.event()
        );
        fs::write(&path, script).context("cannot write a script")?;
        Ok(path)
    }
}

/// A document of 1 KiB.
pub(crate) fn document() -> String {
    let item = r#"{"sku":"A-1044","name":"A pot of tea","price":12.5,"in_stock":true}"#;
    let items = [item; 14].join(",");
    let start = format!(r#"{{"id":4711,"items":[{items}],"note":""#);
    let note = "n".repeat(1024 - start.len() - 2);
    format!(r#"{start}{note}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn events_are_json_of_their_length() {
        for (call, length) in [(Call::Echo1k, 1024), (Call::Echo1m, 1024 * 1024)] {
            let event = call.event();
            assert_eq!(event.len(), length);
            assert!(serde_json::from_str::<serde_json::Value>(&event).is_ok());
        }
    }
}
