//! Why an order cannot be quoted, as callers see it.

use plugin_api::Error;

/// Why an order cannot be quoted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OrderError {
    Empty,
    UnknownItem(String),
    OutOfStock {
        item: String,
        wanted: u32,
        left: u32,
    },
}

impl From<OrderError> for Error {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Empty => Self::new("EmptyOrder", "the order has no items"),
            OrderError::UnknownItem(item) => {
                Self::new("UnknownItem", format!("`{item}` is not in the catalogue"))
            }
            OrderError::OutOfStock { item, wanted, left } => Self::new(
                "OutOfStock",
                format!("{wanted} of `{item}` wanted, {left} left"),
            ),
        }
    }
}
