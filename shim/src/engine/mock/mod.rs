//! Answers without running the handler: mock mode.
//!
//! * [`Mock`]: stands where a [`Function`](super::Function) would, for a handler that is known by
//!   its [`Description`] only
//! * `answer`: the empty value, a file, or `random`: values that fit a JSON schema

mod answer;
mod error;
mod random;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Instant;

use answer::Source;
pub use error::{MockError, UnknownError};

use crate::invocation::{Accepts, ErrorKind, FunctionError, Invocation, Invoke, Outcome, Refusal};
use crate::plugin::Description;

/// The longest answer, in bytes: as long as AWS Lambda's longest response.
pub const MAX_ANSWER: usize = 6 << 20;

/// What an error that was asked for says: nobody knows what the handler would.
const MOCKED: &str = "mocked";

/// What a mocked function answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MockAnswer {
    /// The empty value of its response type: its `Default`, otherwise JSON's `null`; no bytes; an
    /// empty 200.
    Empty,
    /// What stands in a file, the same each time. For a web handler the body of a 200.
    File(PathBuf),
    /// JSON that fits the schema of its response type, another each time.
    Random {
        /// With the same seed, the answers since the start are the same, one after the other.
        seed: Option<u64>,
    },
}

/// A function that is not run: no instances, no limits, no plugin code.
#[derive(Debug)]
pub struct Mock {
    name: String,
    accepts: Accepts,
    errors: Vec<String>,
    source: Source,
}

impl Mock {
    /// Mocks the described handler as a function `name`.
    ///
    /// Reads the file of the answer, so it blocks on the disk: call it at start, not on a request
    /// path. A file that changes later is not read again.
    ///
    /// # Errors
    /// The file cannot be read, is longer than [`MAX_ANSWER`], or is no JSON where the handler
    /// answers with JSON; or a random answer is wanted and there is no schema, or nothing fits it.
    pub fn new(
        name: impl Into<String>,
        description: &Description,
        answer: MockAnswer,
    ) -> Result<Self, MockError> {
        let name = name.into();
        Ok(Self {
            source: Source::new(&name, description, answer)?,
            accepts: description.accepts,
            errors: description.errors.clone(),
            name,
        })
    }

    /// The error that the handler declares under this name, as if it had failed with it.
    ///
    /// # Errors
    /// It declares no such error; the ones that it does are listed.
    pub fn error(&self, name: &str) -> Result<FunctionError, UnknownError> {
        if self.errors.iter().any(|declared| declared == name) {
            return Ok(FunctionError::new(ErrorKind::Handler, name, MOCKED));
        }
        Err(UnknownError {
            name: name.to_owned(),
            choices: self.errors.clone(),
        })
    }
}

impl Invoke for Mock {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self) -> Accepts {
        self.accepts
    }

    /// Answers at once. The invocation is dropped unread.
    async fn invoke(&self, _: Invocation) -> Result<Outcome, Refusal> {
        let started = Instant::now();
        Ok(Outcome {
            result: self.source.answer(),
            cold_start: false,
            start: None,
            duration: started.elapsed(),
        })
    }
}
