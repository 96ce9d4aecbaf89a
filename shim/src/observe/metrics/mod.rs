//! Counters, gauges and histograms for Prometheus: per function and version what CloudWatch has for
//! AWS Lambda, and some of the process. `docs/metrics.md` lists them.
//!
//! Whoever runs invocations holds a function's [`FunctionMetrics`] and tells it what happens: a few
//! atomic additions to memory that is mostly the thread's own, without a lock, a look-up or an
//! allocation. What they come to is only computed when somebody asks ([`Metrics::render`]).

mod family;
mod format;
mod function;
mod process;
mod shards;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

pub use self::family::{ASYNC_EVENT_AGE, ASYNC_EVENTS_QUEUED, ASYNC_EVENTS_REFUSED, Gauge};
pub use self::format::Format;
pub use self::function::{FunctionMetrics, Running, RunningOwned};
use self::process::Process;
pub use self::writer::Writer;

/// The metrics of the process: one for all functions, made once.
#[derive(Default)]
pub struct Metrics {
    functions: RwLock<BTreeMap<Key, Arc<FunctionMetrics>>>,
    gauges: RwLock<BTreeMap<&'static str, (Gauge, Collect)>>,
    process: Process,
}

/// The function's name, and its version.
type Key = (Arc<str>, Arc<str>);

type Collect = Arc<dyn Fn(&mut Writer<'_>) + Send + Sync>;

impl Metrics {
    /// Without any function yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The metrics of the function `name` in `version` (a number or `$LATEST`), which stand at zero
    /// the first time. Asked again, the same ones: after a reload they go on counting.
    ///
    /// Takes 256 bytes for each shard (see [`FunctionMetrics`]) for good, so ask when a function
    /// is set up, not whenever a caller names one.
    pub fn function(&self, name: &str, version: &str) -> Arc<FunctionMetrics> {
        let key = (Arc::from(name), Arc::from(version));
        let functions = self.functions.write();
        let mut functions = functions.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(functions.entry(key).or_default())
    }

    /// Has `collect` called at each [`render`](Self::render) to write the samples of `gauge`, such
    /// as [`ASYNC_EVENT_AGE`]: at most one for the same labels. It takes the place of an earlier
    /// one for the same gauge, and must not wait long for anything: the answer waits for it.
    pub fn gauge_fn(
        &self,
        gauge: Gauge,
        collect: impl Fn(&mut Writer<'_>) + Send + Sync + 'static,
    ) {
        let mut gauges = self.gauges.write().unwrap_or_else(PoisonError::into_inner);
        gauges.insert(gauge.name, (gauge, Arc::new(collect)));
    }

    /// Appends all metrics to `out`, in the text form `format`.
    ///
    /// Writes some 2 KiB for each function, and reads some files of `/proc`, for which no disk is
    /// needed: some microseconds each. Invocations go on meanwhile: one may be counted here already
    /// and not yet there.
    pub fn render(&self, format: Format, out: &mut String) {
        let mut writer = Writer::new(format, out);
        let functions: Vec<_> = {
            let functions = self.functions.read();
            let functions = functions.unwrap_or_else(PoisonError::into_inner);
            let totals =
                |(key, metrics): (&Key, &Arc<FunctionMetrics>)| (key.clone(), metrics.totals());
            functions.iter().map(totals).collect()
        };
        for (family, value) in &family::OF_FUNCTIONS {
            writer.family(family);
            for ((name, version), totals) in &functions {
                writer.whole(&[("function", name), ("version", version)], value(totals));
            }
        }
        writer.family(&family::DURATION);
        for ((name, version), totals) in &functions {
            writer.histogram(
                &[("function", name), ("version", version)],
                &totals.durations,
            );
        }
        let gauges: Vec<_> = {
            let gauges = self.gauges.read().unwrap_or_else(PoisonError::into_inner);
            gauges.values().cloned().collect()
        };
        for (gauge, collect) in gauges {
            writer.family(&gauge.family());
            collect(&mut writer);
        }
        self.process.render(&mut writer);
        writer.family(&family::BUILD_INFO);
        writer.whole(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        writer.end();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
