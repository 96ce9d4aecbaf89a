//! Benchmarks: the shim beside its peers, in turns on the same machine. See `docs/performance.md`.

mod compare;
mod contender;
mod http;
mod invoke;
mod lambda;
mod machine;
mod pest;
mod placement;
mod reference;
mod report;
mod server;
mod stats;
mod train;
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
    Invoke(invoke::Invoke),
    Lambda(lambda::Lambda),
    Placement(placement::Placement),
    Train(train::Train),
    /// Serve the reference (started by the others).
    #[command(hide = true)]
    Reference {
        port: u16,
        #[arg(long)]
        per_core: bool,
        /// Answer calls of the Invoke API.
        #[arg(long)]
        invoke: bool,
        /// And that without the API's headers.
        #[arg(long)]
        few_headers: bool,
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
        What::Invoke(invoke) => invoke.run(),
        What::Lambda(lambda) => lambda.run(),
        What::Placement(placement) => placement.run(),
        What::Train(train) => train.run(),
        What::Reference {
            port,
            per_core,
            invoke,
            few_headers,
        } => {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let work = if invoke {
                reference::Work::Invoke { few_headers }
            } else {
                reference::Work::Hello
            };
            reference::serve(address, per_core, work)
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
