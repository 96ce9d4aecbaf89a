//~ `type Event = …;` is missing in this block
use plugin_api::{Context, Error, Handler, InitContext, handler};

struct Hello;

#[handler]
impl Handler for Hello {
    type Response = String;
    type Instance = ();

    async fn init(_: &InitContext) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn run(
        &self,
        _: Result<&mut (), Error>,
        event: String,
        _: Context,
    ) -> Result<String, Error> {
        Ok(event)
    }
}

fn main() {}
