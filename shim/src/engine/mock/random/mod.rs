//! Random JSON that fits a schema.
//!
//! Schemas are those of JSON Schema 2020-12, as `schemars` writes them; `docs/mock.md` lists what
//! is obeyed. A value is built from the outside in. At each place stand all schemas that apply there
//! (`rules`), gathered through `$ref`, `allOf` and one branch each of `anyOf` and `oneOf`; then one
//! of the possible types is made (`value`, `number`, `text`).
//!
//! Recursive types end: beyond a few levels only what must be there is made, by the branches that
//! end soonest (`schema` knows which).

mod number;
mod rng;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use rng::Rng;
use schema::Document;
use value::Generator;

use super::MAX_ANSWER;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misfit {
    /// What the schema asks for contradicts itself, or never ends.
    #[error("no value was found that fits it")]
    Nothing,
    /// A reference to outside, or to nothing.
    #[error("its `$ref` `{}` leads nowhere", .0.escape_debug())]
    NoTarget(String),
    /// Even the least that fits is too much.
    #[error("what fits it is longer than {MAX_ANSWER} bytes or nested too deeply")]
    TooLarge,
}

/// A source of random values for one schema.
#[derive(Debug)]
pub(super) struct Random {
    document: Document,
    seed: u64,
    made: AtomicU64,
}

impl Random {
    /// Without a seed, one that nobody knows.
    pub(super) fn new(schema: Value, seed: Option<u64>) -> Self {
        let seed = seed.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
        Self {
            document: Document::new(schema),
            seed,
            made: AtomicU64::new(0),
        }
    }

    /// Tries to make a value, without taking it from the sequence.
    pub(super) fn check(&self) -> Result<(), Misfit> {
        self.nth(0).map(drop)
    }

    /// The next value of the sequence.
    pub(super) fn next(&self) -> Result<Vec<u8>, Misfit> {
        self.nth(self.made.fetch_add(1, Ordering::Relaxed))
    }

    fn nth(&self, number: u64) -> Result<Vec<u8>, Misfit> {
        let rng = Rng::new(self.seed, number);
        let value = Generator::new(&self.document, rng).root()?;
        let json = serde_json::to_vec(&value).map_err(|_| Misfit::Nothing)?;
        if json.len() > MAX_ANSWER {
            return Err(Misfit::TooLarge);
        }
        Ok(json)
    }
}
