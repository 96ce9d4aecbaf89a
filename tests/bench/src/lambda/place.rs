//! Which cores a bootstrap and the Runtime API run on.

use anyhow::ensure;
use clap::ValueEnum;

/// How cores are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cores {
    /// Bootstrap and API on one core: the length of the code's path, without waking another core.
    Same,
    /// Each on a core of its own.
    Cross,
}

/// Cores, by number.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) bootstrap: Vec<usize>,
    pub(crate) api: Vec<usize>,
}

impl Cores {
    /// The cores on this machine.
    pub(crate) fn place(self) -> anyhow::Result<Place> {
        let api = match self {
            Self::Same => 0,
            Self::Cross => others(1)?,
        };
        Ok(Place {
            bootstrap: vec![0],
            api: vec![api],
        })
    }
}

impl Place {
    /// Two cores for the bootstrap, another one for the API.
    pub(crate) fn two() -> anyhow::Result<Self> {
        Ok(Self {
            bootstrap: vec![0, 1],
            api: vec![others(2)?],
        })
    }

    /// Its name in tables: the bootstrap's cores, then the API's.
    pub(crate) fn name(&self) -> String {
        let list = |cores: &[usize]| {
            let numbers: Vec<_> = cores.iter().map(usize::to_string).collect();
            numbers.join(",")
        };
        format!("{} / {}", list(&self.bootstrap), list(&self.api))
    }
}

/// A core after the first `count`, not the next one if there is a choice.
fn others(count: usize) -> anyhow::Result<usize> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(
        cores > count,
        "this takes {} cores, and there are {cores}",
        count + 1
    );
    Ok((count + 1).min(cores - 1).max(count))
}
