//! `init`, `start`, `run`, `stop`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plugin_api::testing::Function;
use plugin_api::{Context, Error, Handler, InitContext, handler};

/// Fails to start as often as its setting says.
struct Stubborn {
    failures: AtomicU32,
    stopped: Arc<AtomicU32>,
}

static STOPPED: AtomicU32 = AtomicU32::new(0);

#[handler]
impl Handler for Stubborn {
    type Event = String;
    type Response = String;
    type Instance = u32;

    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        let failures = ctx.var("FAILURES").unwrap_or("0").parse::<u32>()?;
        assert!(failures < 100, "too many");
        Ok(Self {
            failures: failures.into(),
            stopped: Arc::default(),
        })
    }

    async fn start(&self) -> Result<u32, Error> {
        let one_less = |left: u32| left.checked_sub(1);
        match self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
        {
            Ok(_) => Err(Error::new("NoDatabase", "the database is down")),
            Err(_) => Ok(0),
        }
    }

    async fn run(
        &self,
        instance: Result<&mut u32, Error>,
        event: String,
        _: Context,
    ) -> Result<String, Error> {
        let count = match instance {
            Ok(count) => count,
            Err(error) if event == "stay calm" => return Ok(format!("without: {error}")),
            Err(error) => return Err(error),
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        *count += 1;
        Ok(count.to_string())
    }

    async fn stop(&self, count: u32) -> Result<(), Error> {
        STOPPED.fetch_add(1, Ordering::Relaxed);
        self.stopped.fetch_add(1, Ordering::Relaxed);
        if count > 2 {
            return Err(Error::new("Tired", count));
        }
        Ok(())
    }
}

#[test]
fn an_error_or_a_panic_in_init_refuses_the_plugin() {
    let load = |failures: &str| {
        let builder = Function::<Stubborn>::builder();
        builder.var("FAILURES", failures).load().err().unwrap()
    };
    assert_eq!(load("many").name(), "ParseIntError");
    let panicked = load("100");
    assert_eq!(panicked.name(), "Runtime.Panic");
    assert_eq!(panicked.to_string(), "too many");
}

#[test]
fn run_gets_the_error_of_a_failed_start_which_is_tried_again() {
    let builder = Function::<Stubborn>::builder();
    let function = builder.var("FAILURES", "2").load().unwrap();
    let error = function.invoke::<String>(&"hello").unwrap_err();
    assert_eq!(error.name(), "NoDatabase");
    let calm: String = function.invoke(&"stay calm").unwrap();
    assert_eq!(calm, "without: the database is down");
    let served: String = function.invoke(&"hello").unwrap();
    assert_eq!(served, "1");
    function.stop().unwrap();
}

#[test]
fn an_instance_serves_one_run_at_a_time_and_is_stopped_once() {
    let before = STOPPED.load(Ordering::Relaxed);
    let function = Function::<Stubborn>::load().unwrap();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| function.invoke::<String>(&"hello").unwrap()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    // Each instance counts for itself: what ran at once ran on different ones.
    let instances = answers.iter().filter(|answer| *answer == "1").count();
    function.stop().unwrap();
    let stopped = STOPPED.load(Ordering::Relaxed) - before;
    assert!(stopped as usize >= instances, "{answers:?}, {stopped}");
}

#[test]
fn an_error_of_stop_comes_out() {
    let function = Function::<Stubborn>::load().unwrap();
    for _ in 0..3 {
        function.invoke::<String>(&"hello").unwrap();
    }
    let error = function.stop().unwrap_err();
    assert_eq!((error.name(), error.to_string()), ("Tired", "3".into()));
}
