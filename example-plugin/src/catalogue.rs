//! What is sold, and how an order is priced.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::OrderError;

/// The catalogue that is compiled in; the setting `CATALOGUE` replaces it.
pub(crate) const DEFAULT: &str = include_str!("catalogue.json");

/// An item on sale. Prices are in cents.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Item {
    pub(crate) price: u64,
    pub(crate) stock: u32,
}

/// All items, by name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Catalogue(BTreeMap<String, Item>);

/// What a customer wants.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) items: BTreeMap<String, u32>,
}

/// What it costs.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quote {
    pub(crate) lines: Vec<Line>,
    pub(crate) total: u64,
}

/// One line of a quote.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) item: String,
    pub(crate) quantity: u32,
    pub(crate) amount: u64,
}

impl Catalogue {
    /// Reads a catalogue.
    pub(crate) fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// Prices an order.
    pub(crate) fn quote(&self, order: &Order) -> Result<Quote, OrderError> {
        if order.items.is_empty() {
            return Err(OrderError::Empty);
        }
        let mut lines = Vec::with_capacity(order.items.len());
        for (name, &quantity) in &order.items {
            let item = self
                .0
                .get(name)
                .ok_or_else(|| OrderError::UnknownItem(name.clone()))?;
            if quantity > item.stock {
                let (item, left) = (name.clone(), item.stock);
                return Err(OrderError::OutOfStock {
                    item,
                    wanted: quantity,
                    left,
                });
            }
            let amount = item.price * u64::from(quantity);
            lines.push(Line {
                item: name.clone(),
                quantity,
                amount,
            });
        }
        let total = lines.iter().map(|line| line.amount).sum();
        Ok(Quote { lines, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(order: &str) -> Result<Quote, OrderError> {
        let catalogue = Catalogue::parse(DEFAULT).unwrap();
        catalogue.quote(&serde_json::from_str(order).unwrap())
    }

    #[test]
    fn an_order_is_priced() {
        let quote = quote(r#"{"items":{"coffee":2,"filter":1}}"#).unwrap();
        assert_eq!(quote.total, 2 * 890 + 350);
        assert_eq!(quote.lines.len(), 2);
    }

    #[test]
    fn what_cannot_be_sold_is_refused() {
        assert_eq!(quote(r#"{"items":{}}"#), Err(OrderError::Empty));
        assert!(matches!(
            quote(r#"{"items":{"tea":1}}"#),
            Err(OrderError::UnknownItem(_))
        ));
        let refused = quote(r#"{"items":{"grinder":9}}"#);
        assert!(matches!(
            refused,
            Err(OrderError::OutOfStock {
                left: 3,
                wanted: 9,
                ..
            })
        ));
    }
}
