//! The event handler, with its lifecycle.

use plugin_api::{Context, Error, Handler, InitContext, handler};

use crate::catalogue::{Catalogue, DEFAULT, Order, Quote};

/// Quotes orders from a catalogue that is read once.
pub(crate) struct Quotes {
    catalogue: Catalogue,
}

/// What each instance remembers: how much it has quoted, for its last log line.
#[derive(Debug, Default)]
pub(crate) struct Till {
    orders: u64,
    total: u64,
}

/// Prices an order: `{"items":{"coffee":2}}`.
#[handler(name = "quote", errors(EmptyOrder, UnknownItem, OutOfStock))]
impl Handler for Quotes {
    type Event = Order;
    type Response = Quote;
    type Instance = Till;

    async fn init(ctx: &InitContext) -> Result<Self, Error> {
        let catalogue = Catalogue::parse(ctx.var("CATALOGUE").unwrap_or(DEFAULT))?;
        tracing::info!("catalogue read");
        Ok(Self { catalogue })
    }

    async fn start(&self) -> Result<Till, Error> {
        Ok(Till::default())
    }

    async fn run(
        &self,
        instance: Result<&mut Till, Error>,
        order: Order,
        ctx: Context,
    ) -> Result<Quote, Error> {
        let till = instance?;
        let quote = self.catalogue.quote(&order)?;
        till.orders += 1;
        till.total += quote.total;
        tracing::info!(total = quote.total, left = ?ctx.remaining_time(), "quoted");
        Ok(quote)
    }

    async fn stop(&self, till: Till) -> Result<(), Error> {
        tracing::info!(orders = till.orders, total = till.total, "till closed");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plugin_api::testing::Function;
    use serde_json::json;

    use super::{Quote, Quotes};

    #[test]
    fn the_sample_event_is_quoted() {
        let event: serde_json::Value =
            serde_json::from_str(include_str!("../events/order.json")).unwrap();
        let function = Function::<Quotes>::load().unwrap();
        let quote: Quote = function.invoke(&event).unwrap();
        assert_eq!(quote.total, 2130);
        function.stop().unwrap();
    }

    #[test]
    fn callers_see_the_name_of_what_went_wrong() {
        let function = Function::<Quotes>::load().unwrap();
        let event: serde_json::Value =
            serde_json::from_str(include_str!("../events/out-of-stock.json")).unwrap();
        let error = function.invoke::<Quote>(&event).unwrap_err();
        assert_eq!(error.name(), "OutOfStock");
        assert_eq!(error.to_string(), "9 of `grinder` wanted, 3 left");
    }

    #[test]
    fn a_catalogue_of_its_own_comes_from_a_setting() {
        let catalogue = json!({ "tea": { "price": 5, "stock": 1 } }).to_string();
        let function = Function::<Quotes>::builder()
            .var("CATALOGUE", catalogue)
            .load()
            .unwrap();
        let quote: Quote = function.invoke(&json!({ "items": { "tea": 1 } })).unwrap();
        assert_eq!(quote.total, 5);
    }

    #[test]
    fn a_broken_catalogue_keeps_the_plugin_from_loading() {
        let loaded = Function::<Quotes>::builder().var("CATALOGUE", "{").load();
        assert!(loaded.is_err());
    }
}
