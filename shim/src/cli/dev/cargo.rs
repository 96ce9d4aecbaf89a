//! One cargo, which ends when nobody waits for it any more.

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

use super::say::{Kind, Say};
use crate::build::{self, BuildError, Options, Outcome, PluginCrate};

/// Builds the plugins of one workspace. What cargo says is shown while it works, what the compiler
/// says at its end. Dropped before, cargo is ended.
///
/// # Errors
/// cargo cannot be run.
pub(super) async fn cargo(
    plugins: Vec<PluginCrate>,
    options: Options,
    say: Say,
) -> anyhow::Result<Vec<Outcome>> {
    let running = build::start(&plugins, &options)?;
    let mut end = End(i32::try_from(running.pid()).ok().and_then(Pid::from_raw));
    let finished = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        let outcomes = running.finish(&mut |line| {
            say.line(Kind::Note, line);
            said.push_str(line);
            said.push('\n');
        })?;
        for outcome in &outcomes {
            let diagnostics = match outcome {
                // The same warnings as the last time.
                Ok(built) if built.fresh => continue,
                Ok(built) => &built.diagnostics,
                Err(failed) => &failed.diagnostics,
            };
            // Cargo's own words have been shown.
            if !said.ends_with(diagnostics.as_str()) {
                say.raw(diagnostics);
            }
        }
        Ok::<_, BuildError>(outcomes)
    });
    let outcomes = finished.await.context("cannot wait for cargo")?;
    // It has been waited for: its number may be another's.
    end.0 = None;
    Ok(outcomes?)
}

/// Ends a process when dropped.
struct End(Option<Pid>);

impl Drop for End {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It may have ended by itself just now.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}
