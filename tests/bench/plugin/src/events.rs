//! Events and answers of `shim-bench lambda`; `tests/bench/peers` has this very file, too.

use serde::{Deserialize, Serialize};

/// A small event.
#[derive(Debug, Deserialize)]
pub struct Hello {
    name: String,
}

/// The answer to it.
#[derive(Debug, Serialize)]
pub struct Greeting {
    message: String,
}

impl Hello {
    /// Greets.
    pub fn greet(self) -> Greeting {
        Greeting {
            message: format!("Hello, {}!", self.name),
        }
    }
}

/// An event of 1 KiB, which comes back.
#[derive(Debug, Deserialize, Serialize)]
pub struct Order {
    id: u64,
    items: Vec<Item>,
    note: String,
}

/// A part of it.
#[derive(Debug, Deserialize, Serialize)]
pub struct Item {
    sku: String,
    name: String,
    price: f64,
    in_stock: bool,
}

/// A long event.
#[derive(Debug, Deserialize)]
pub struct Upload {
    name: String,
    data: String,
}

/// The short answer to it.
#[derive(Debug, Serialize)]
pub struct Receipt {
    name: String,
    bytes: usize,
}

impl Upload {
    /// Says how much has come.
    pub fn receipt(self) -> Receipt {
        Receipt {
            name: self.name,
            bytes: self.data.len(),
        }
    }
}
