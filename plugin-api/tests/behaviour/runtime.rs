//! tokio in a handler, and blocking in a plain one.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant, SystemTime};

use plugin_api::testing::Function;
use plugin_api::{Context, Error, Handler, InitContext, handler};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Sends back what it gets, once.
fn echo_server() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut bytes = [0; 5];
        socket.read_exact(&mut bytes).unwrap();
        socket.write_all(&bytes).unwrap();
    });
    port
}

async fn ask(port: u16) -> Result<String, Error> {
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all(b"hello").await?;
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).await?;
    Ok(String::from_utf8(answer.into())?)
}

#[handler]
async fn sockets_and_timers(port: u16) -> Result<String, Error> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    let asked = tokio::spawn(ask(port));
    let doubled = tokio::task::spawn_blocking(|| 21 * 2).await?;
    Ok(format!("{} {doubled}", asked.await??))
}

#[handler]
fn blocks_on_the_current_runtime(port: u16) -> Result<String, Error> {
    tokio::runtime::Handle::current().block_on(ask(port))
}

#[handler]
fn blocks_on_its_own_runtime(port: u16) -> Result<String, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(ask(port))
}

#[test]
fn timers_sockets_tasks_and_blocking_work() {
    let function = Function::<sockets_and_timers>::load().unwrap();
    let answer: String = function.invoke(&echo_server()).unwrap();
    assert_eq!(answer, "hello 42");
    let function = Function::<blocks_on_the_current_runtime>::load().unwrap();
    let answer: String = function.invoke(&echo_server()).unwrap();
    assert_eq!(answer, "hello");
    let function = Function::<blocks_on_its_own_runtime>::load().unwrap();
    let answer: String = function.invoke(&echo_server()).unwrap();
    assert_eq!(answer, "hello");
}

/// A blocking client, as `reqwest::blocking` has: a runtime of its own, made, used and dropped in
/// every step of the lifecycle.
struct BlockingClient(tokio::runtime::Runtime);

impl BlockingClient {
    fn new() -> Result<Self, Error> {
        let client = Self(tokio::runtime::Builder::new_current_thread().build()?);
        client.0.block_on(async {});
        Ok(client)
    }
}

struct Blocking(BlockingClient);

#[handler]
impl Handler for Blocking {
    type Event = ();
    type Response = ();
    type Instance = BlockingClient;

    async fn init(_: &InitContext) -> Result<Self, Error> {
        drop(BlockingClient::new()?);
        BlockingClient::new().map(Self)
    }

    async fn start(&self) -> Result<BlockingClient, Error> {
        self.0.0.block_on(async {});
        BlockingClient::new()
    }

    async fn run(
        &self,
        instance: Result<&mut BlockingClient, Error>,
        (): (),
        _: Context,
    ) -> Result<(), Error> {
        instance.map(drop)
    }

    async fn stop(&self, client: BlockingClient) -> Result<(), Error> {
        client.0.block_on(async {});
        Ok(())
    }
}

#[test]
fn the_steps_of_the_lifecycle_may_block() {
    let function = Function::<Blocking>::load().unwrap();
    function.invoke::<()>(&()).unwrap();
    function.stop().unwrap();
}

#[handler]
async fn what_the_context_says(ctx: Context) -> Result<serde_json::Value, Error> {
    let deadline = ctx.deadline().ok_or("no deadline")?;
    let left = ctx.remaining_time().ok_or("no time")?;
    let vars: Vec<_> = ctx.vars().collect();
    Ok(serde_json::json!({
        "name": ctx.function_name(),
        "version": ctx.function_version(),
        "request_id": ctx.request_id(),
        "in_time": deadline > SystemTime::now() && left <= Duration::from_secs(60),
        "last": ctx.var("KEY"),
        "missing": ctx.var("NONE"),
        "vars": vars,
        "cancelled": ctx.is_cancelled(),
        "arn": ctx.function_arn(),
    }))
}

#[test]
fn a_handler_knows_its_invocation() {
    let function = Function::<what_the_context_says>::builder()
        .name("greeter")
        .timeout(Duration::from_secs(60))
        .var("KEY", "first")
        .var("KEY", "last")
        .load()
        .unwrap();
    let started = Instant::now();
    let said: serde_json::Value = function.invoke(&()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(said["name"], "greeter");
    assert_eq!(said["version"], "$LATEST");
    assert_eq!(said["request_id"].as_str().unwrap().len(), 36);
    assert_eq!(said["in_time"], true);
    assert_eq!(said["last"], "last");
    assert_eq!(said["missing"], serde_json::Value::Null);
    assert_eq!(
        said["vars"],
        serde_json::json!([["KEY", "first"], ["KEY", "last"]])
    );
    assert_eq!(said["cancelled"], false);
    assert_eq!(said["arn"], serde_json::Value::Null);
}
