//! Benchmarks: the shim beside its peers, in turns on the same machine. See `docs/performance.md`.

mod contender;
mod http;
mod machine;
mod pest;
mod placement;
mod reference;
mod report;
mod server;
mod stats;
mod wrk;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Measure the shim.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Http(http::Http),
    Placement(placement::Placement),
    /// Serve the reference (started by the others).
    #[command(hide = true)]
    Reference {
        port: u16,
        #[arg(long)]
        per_core: bool,
    },
    /// Disturb a server (started by `placement`).
    #[command(hide = true)]
    Pest {
        address: SocketAddr,
        path: String,
        connections: usize,
        pause_ms: u64,
        duration_ms: u64,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Http(http) => http.run(),
        What::Placement(placement) => placement.run(),
        What::Reference { port, per_core } => {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            reference::serve(address, per_core)
        }
        What::Pest {
            address,
            path,
            connections,
            pause_ms,
            duration_ms,
        } => {
            let answers = pest::run(&pest::Load {
                address,
                path: &path,
                connections,
                pause: Duration::from_millis(pause_ms),
                duration: Duration::from_millis(duration_ms),
            })?;
            std::io::stdout().write_all(answers.to_string().as_bytes())?;
            Ok(())
        }
    }
}
