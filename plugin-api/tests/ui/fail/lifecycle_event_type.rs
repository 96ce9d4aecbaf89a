//~ `Greeting` cannot be the event of a handler
use plugin_api::{Context, Error, Handler, InitContext, handler};

struct Greeting;
struct Hello;

#[handler]
impl Handler for Hello {
    type Event = Greeting;
    type Response = ();
    type Instance = ();

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn run(&self, _: Result<&mut (), Error>, _: Greeting, _: Context) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
