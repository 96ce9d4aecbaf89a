//! Where the answers of a mocked function come from.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::random::Random;
use super::{MAX_ANSWER, MockAnswer, MockError};
use crate::invocation::{Answer, Body, ErrorKind, FunctionError, json};
use crate::plugin::{Description, ResponseKind};

/// Makes answers.
#[derive(Debug)]
pub(super) enum Source {
    /// The same response each time.
    Event(Bytes),
    /// The same 200 each time.
    Http {
        body: Bytes,
        content_type: Option<HeaderValue>,
    },
    /// Another JSON each time.
    Random(Random),
}

impl Source {
    pub(super) fn new(
        function: &str,
        description: &Description,
        answer: MockAnswer,
    ) -> Result<Self, MockError> {
        let kind = description.response;
        match answer {
            MockAnswer::Empty => Ok(Self::fixed(kind, empty(description), None)),
            MockAnswer::File(path) => {
                let body = read(&path)?;
                if kind == ResponseKind::Json {
                    check_json(function, &path, &body)?;
                }
                Ok(Self::fixed(kind, body.into(), content_type(&path)))
            }
            MockAnswer::Random { seed } => random(function, description, seed).map(Self::Random),
        }
    }

    fn fixed(kind: ResponseKind, body: Bytes, content_type: Option<HeaderValue>) -> Self {
        match kind {
            ResponseKind::Json | ResponseKind::Bytes => Self::Event(body),
            ResponseKind::Http => Self::Http { body, content_type },
        }
    }

    pub(super) fn answer(&self) -> Result<Answer, Box<FunctionError>> {
        match self {
            Self::Event(body) => Ok(Answer::Event(body.clone().into())),
            Self::Http { body, content_type } => {
                let mut response = http::Response::new(Body::from(body.clone()));
                if let Some(value) = content_type {
                    response.headers_mut().insert(CONTENT_TYPE, value.clone());
                }
                Ok(Answer::Http(Box::new(response)))
            }
            Self::Random(random) => match random.next() {
                Ok(json) => Ok(Answer::Event(json.into())),
                Err(misfit) => {
                    let message = format!("no random answer: the schema of the response: {misfit}");
                    let kind = ErrorKind::Internal;
                    let error = FunctionError::new(kind, "Runtime.Internal", message);
                    Err(Box::new(error))
                }
            },
        }
    }
}

fn empty(description: &Description) -> Bytes {
    let without = || match description.response {
        ResponseKind::Json => Bytes::from_static(b"null"),
        ResponseKind::Bytes | ResponseKind::Http => Bytes::new(),
    };
    description.empty_response.clone().unwrap_or_else(without)
}

fn random(
    function: &str,
    description: &Description,
    seed: Option<u64>,
) -> Result<Random, MockError> {
    let function = || function.to_owned();
    if description.response != ResponseKind::Json {
        return Err(MockError::NoJsonResponse {
            function: function(),
        });
    }
    let schema = description.response_schema.clone();
    let schema = schema.ok_or_else(|| MockError::NoSchema {
        function: function(),
    })?;
    // Callers should not be the first to learn that nothing fits.
    let random = Random::new(schema, seed);
    random.check().map_err(|misfit| MockError::Unfit {
        function: function(),
        reason: misfit.to_string(),
    })?;
    Ok(random)
}

/// Reads the whole file, unless it is too long.
fn read(path: &Path) -> Result<Vec<u8>, MockError> {
    let mut bytes = Vec::new();
    let file = File::open(path);
    let limit = MAX_ANSWER as u64 + 1;
    let read = file.and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| MockError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    if bytes.len() > MAX_ANSWER {
        let path = PathBuf::from(path);
        return Err(MockError::TooLong { path });
    }
    Ok(bytes)
}

fn check_json(function: &str, path: &Path, text: &[u8]) -> Result<(), MockError> {
    let Err(error) = json::check(text) else {
        return Ok(());
    };
    let (line, column) = (error.line(), error.column());
    let said = error.to_string();
    let place = format!(" at line {line} column {column}");
    Err(MockError::NotJson {
        function: function.to_owned(),
        path: path.to_owned(),
        line,
        column,
        reason: said.strip_suffix(&place).unwrap_or(&said).to_owned(),
    })
}

/// What the file's ending says of a web handler's answer.
fn content_type(path: &Path) -> Option<HeaderValue> {
    let ending = path.extension()?.to_str()?;
    let known = match ending {
        "json" => "application/json",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    };
    Some(HeaderValue::from_static(known))
}
