//! `http`: a hello, served by everybody, in turns.

use clap::Args;

use crate::compare::{Options, Work};
use crate::contender::reference;
use crate::server::QUICK;

/// Compare the shim with hyper, each serving thirteen bytes.
#[derive(Debug, Args)]
pub(crate) struct Http {
    /// Connections; several with commas between.
    #[arg(long, value_delimiter = ',', default_value = "1,64,256")]
    connections: Vec<usize>,
    #[command(flatten)]
    options: Options,
}

impl Http {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let quiet = ["--log-level", "warn"];
        let (here, others) = self.options.builds()?;
        let mut contenders = vec![
            here.contender("shim async", "hello", &[]),
            here.contender("shim async, log warn", "hello", &quiet),
            here.contender("shim plain fn", "hello_plain", &[]),
            here.contender("shim spawned", "hello", &["--placement", "spawned"]),
            reference("hyper per core", &["--per-core"], QUICK)?,
        ];
        for other in &others {
            contenders.push(other.contender("shim async", "hello", &[]));
            contenders.push(other.contender("shim async, log warn", "hello", &quiet));
        }
        let works = self.connections.iter().map(|&connections| Work {
            name: "hello",
            path: "/",
            connections,
            script: None,
            bytes: None,
        });
        let works: Vec<_> = works.collect();
        let reference = reference("hyper", &[], QUICK)?;
        self.options.compare(reference, contenders, &works)
    }
}
