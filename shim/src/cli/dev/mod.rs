//! `shim dev`: build, serve, watch, build again, exchange.
//!
//! * `project`: which plugins, and the plan to serve what is built of them; `staged`: copies of it
//! * `work`: waits for a change or a key; `round`: builds, exchanges, tells; `cargo`: one cargo
//! * `watch`: when a file changes; `matter`: which ones count; `keys`: what is asked for by hand
//! * `app`, `state`: what requests meet

mod app;
mod cargo;
mod command;
mod keys;
mod matter;
mod project;
mod round;
mod say;
mod staged;
mod state;
mod watch;
mod work;

use std::sync::Arc;

use anyhow::Context as _;
use clap::ArgMatches;
use tokio::sync::watch as channel;

use self::app::Held;
use self::project::Project;
use self::say::Say;
use self::state::State;
use self::work::Work;
use super::passed::Passed;
use super::serve::{self, Around, Controls};
use crate::build::{Messages, Options, Target};
use crate::engine::Served;
use crate::frontend::Site;
use crate::observe;

pub(super) use command::command;

pub(super) fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let project = Arc::new(Project::new(matches)?);
    let plan = project.plan()?;
    let logs = observe::init(plan.logs).context("cannot set up logging")?;
    let say = Say::new();
    let options = Options {
        release: matches.get_flag("release"),
        target: Target::This,
        features: matches
            .get_many::<String>("features")
            .unwrap_or_default()
            .cloned()
            .collect(),
        messages: Messages::Collected {
            colours: say.has_colour(),
        },
    };
    let around = Dev {
        project: project.clone(),
        options,
        state: channel::Sender::new(State::first()),
        wait: matches.get_flag("wait"),
        say,
    };
    let replan = move || project.plan();
    let served = serve::run_with(plan.serve, Passed::default(), Arc::new(replan), around);
    drop(logs);
    served
}

/// What is around serving.
struct Dev {
    project: Arc<Project>,
    options: Options,
    state: channel::Sender<State>,
    wait: bool,
    say: Say,
}

impl Around for Dev {
    type App = Held;

    fn app(&self, site: Site<Served>) -> Held {
        Held {
            site,
            state: self.state.subscribe(),
            wait: self.wait,
        }
    }

    fn begin(self, controls: Controls) {
        let work = Work {
            project: self.project,
            options: self.options,
            state: self.state,
            say: self.say,
            controls,
        };
        tokio::spawn(work.run());
    }
}
