//! The error of a handler, and what its callers see of it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use plugin_api_abi::fault::Fault;
use plugin_api_abi::glue::entry::EntryError;
use plugin_api_abi::types::{ERROR_BAD_EVENT, ERROR_HANDLER};

use crate::body::BodyFailed;

/// Why a handler has no response.
///
/// `?` turns any `std::error::Error`, `anyhow::Error`, `String` or `&str` into it. Callers see two
/// things, as AWS Lambda's `errorType` and `errorMessage`: a type name and a message. The name is
/// that of the Rust type (`ParseIntError`), the message what it displays, with its causes behind
/// colons. [`Error::new`] and [`Error::with_name`] set your own.
///
/// ```
/// use plugin_api::Error;
///
/// fn parse(text: &str) -> Result<u16, Error> {
///     Ok(text.parse::<u16>()?)
/// }
/// let error = parse("x").unwrap_err();
/// assert_eq!(error.name(), "ParseIntError");
/// assert_eq!(error.to_string(), "invalid digit found in string");
///
/// let error = Error::new("OutOfStock", "3 left, 5 wanted");
/// assert_eq!((error.name(), error.to_string().as_str()), ("OutOfStock", "3 left, 5 wanted"));
/// ```
///
/// An error type of your own that should show a name for each of its cases implements
/// `From<YourError> for Error`; leave out `std::error::Error` for it, since that one is covered by
/// the conversion above.
///
/// ```
/// # use plugin_api::Error;
/// enum OrderError {
///     OutOfStock { left: u32 },
///     UnknownItem(String),
/// }
///
/// impl From<OrderError> for Error {
///     fn from(error: OrderError) -> Self {
///         match error {
///             OrderError::OutOfStock { left } => Error::new("OutOfStock", format!("{left} left")),
///             OrderError::UnknownItem(item) => Error::new("UnknownItem", item),
///         }
///     }
/// }
/// ```
pub struct Error {
    kind: u32,
    name: Cow<'static, str>,
    message: String,
    location: Option<String>,
    stack_trace: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with the type name and the message that callers see.
    pub fn new(name: impl Into<Cow<'static, str>>, message: impl fmt::Display) -> Self {
        Self {
            kind: ERROR_HANDLER,
            name: name.into(),
            message: message.to_string(),
            location: None,
            stack_trace: Vec::new(),
            source: None,
        }
    }

    /// The event cannot be what the handler takes.
    pub(crate) fn bad_event(message: impl fmt::Display) -> Self {
        Self {
            kind: ERROR_BAD_EVENT,
            ..Self::new("InvalidEvent", message)
        }
    }

    /// The same error under another type name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The type name that callers see.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The original error, if it was made from one of type `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.source.as_ref()?.downcast_ref()
    }
}

/// The last segment of a type's path, without its generic arguments.
fn short_name<T>() -> &'static str {
    let full = std::any::type_name::<T>();
    let path = full.split('<').next().unwrap_or(full);
    match path.rsplit("::").next() {
        // What has no name of its own that would tell a caller anything.
        Some("str" | "&str" | "String" | "Box") | None => "Error",
        Some(name) => name.trim_start_matches('&'),
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for Error {
    fn from(error: E) -> Self {
        let source = match error.into().downcast::<BodyFailed>() {
            // What the body failed with, as if it had not been on its way through a library.
            Ok(failed) => return failed.0,
            Err(other) => other,
        };
        let mut message = source.to_string();
        let mut cause = source.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some types repeat their cause in their own message.
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self {
            source: Some(source),
            ..Self::new(short_name::<E>(), message)
        }
    }
}

impl EntryError for Error {
    fn from_fault(fault: Fault) -> Self {
        Self {
            kind: fault.kind,
            name: fault.name.into(),
            message: fault.message,
            location: fault.location,
            stack_trace: fault.stack_trace,
            source: None,
        }
    }

    fn fault(&self) -> Fault {
        Fault {
            kind: self.kind,
            name: self.name.clone().into_owned(),
            message: self.message.clone(),
            location: self.location.clone(),
            stack_trace: self.stack_trace.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)?;
        if let Some(location) = &self.location {
            write!(f, " ({location})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn any_error_turns_into_it_and_keeps_its_name() {
        let io = std::io::Error::other("disk on fire");
        let error = Error::from(io);
        assert_eq!(
            (error.name(), error.to_string().as_str()),
            ("Error", "disk on fire")
        );
        let error = Error::from("a text");
        assert_eq!(
            (error.name(), error.to_string().as_str()),
            ("Error", "a text")
        );
        let number = "x".parse::<u8>().unwrap_err();
        assert!(
            Error::from(number)
                .downcast_ref::<std::num::ParseIntError>()
                .is_some()
        );
    }

    #[test]
    fn causes_stand_behind_colons_once() {
        let error = anyhow::anyhow!("connection refused").context("cannot reach the stock service");
        let error = Error::from(error);
        assert_eq!(
            error.to_string(),
            "cannot reach the stock service: connection refused"
        );
        assert_eq!(error.name(), "Error");
    }
}
