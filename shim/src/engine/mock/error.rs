//! Why a function cannot be mocked as it was asked.

use std::path::PathBuf;

use super::MAX_ANSWER;

/// Why there is no [`Mock`](super::Mock).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MockError {
    /// The file cannot be read.
    #[error("cannot read the mocked answer {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is too long.
    #[error(
        "the mocked answer {} is longer than {MAX_ANSWER} bytes, the most that a response has",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is no JSON.
    #[error(
        "{}:{line}:{column}: {reason}; the handler of `{function}` answers with JSON",
        path.display()
    )]
    NotJson {
        /// The function.
        function: String,
        /// The file.
        path: PathBuf,
        /// Where, from 1 on.
        line: usize,
        /// Where in the line, from 1 on; 0: before its first character.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A random answer is wanted from a handler that does not answer with JSON.
    #[error(
        "no random answer for `{function}`: its handler does not answer with JSON; \
         use an empty answer or one from a file"
    )]
    NoJsonResponse {
        /// The function.
        function: String,
    },
    /// A random answer is wanted without a schema.
    #[error(
        "no random answer for `{function}`: its handler has no schema of its response; turn on the \
         feature `schema` of plugin-api and derive `JsonSchema` for the type"
    )]
    NoSchema {
        /// The function.
        function: String,
    },
    /// A random answer is wanted, but none could be made.
    #[error("no random answer for `{function}`: the schema of its response: {reason}")]
    Unfit {
        /// The function.
        function: String,
        /// Why not.
        reason: String,
    },
}

/// A handler does not declare the error that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the handler declares no error `{}`; {}", .name.escape_debug(), listed(.choices))]
pub struct UnknownError {
    /// What was asked for.
    pub name: String,
    /// What it does declare.
    pub choices: Vec<String>,
}

fn listed(choices: &[String]) -> String {
    if choices.is_empty() {
        "it declares none: `#[handler(errors(…))]` would".to_owned()
    } else {
        format!("it declares {}", choices.join(", "))
    }
}
