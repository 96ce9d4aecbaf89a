//~ `service` goes on a function that returns a `tower::Service`
use plugin_api::{Context, Error, Handler, InitContext, handler};

struct Shop;

#[handler(service)]
impl Handler for Shop {
    type Event = ();
    type Response = ();
    type Instance = ();

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn run(&self, _: Result<&mut (), Error>, (): (), _: Context) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
