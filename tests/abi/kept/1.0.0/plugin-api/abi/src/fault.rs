//! An error on its way across, on either side.

use abi_stable::std_types::RVec;

use crate::fields::{Fields, FieldsWriter, tag};
use crate::types::{AbiError, ERROR_CANCELLED, ERROR_HANDLER, ERROR_INTERNAL};

/// An error on its way to the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// One of the `ERROR_…` numbers.
    pub kind: u32,
    /// The type name that callers see.
    pub name: String,
    /// The message that callers see.
    pub message: String,
    /// `file:line:column`.
    pub location: Option<String>,
    /// Innermost first.
    pub stack_trace: Vec<String>,
}

impl Fault {
    /// The handler's own error.
    pub fn handler(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind: ERROR_HANDLER,
            name: name.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// A broken contract.
    pub fn internal(message: impl Into<String>) -> Self {
        let name = "Runtime.Internal".to_owned();
        Self {
            kind: ERROR_INTERNAL,
            name,
            message: message.into(),
            ..Self::default()
        }
    }

    /// The host asked for the end before it was reached.
    pub fn cancelled() -> Self {
        let name = "Runtime.Cancelled".to_owned();
        let message = "the invocation was cancelled".to_owned();
        Self {
            kind: ERROR_CANCELLED,
            name,
            message,
            ..Self::default()
        }
    }

    /// In the form that crosses.
    pub fn to_fields(&self) -> RVec<u8> {
        let mut fields = FieldsWriter::default();
        fields.put(tag::ERROR_NAME, self.name.as_bytes());
        fields.put(tag::ERROR_MESSAGE, self.message.as_bytes());
        fields.put_option(tag::ERROR_LOCATION, self.location.as_deref());
        for frame in &self.stack_trace {
            fields.put(tag::ERROR_FRAME, frame.as_bytes());
        }
        fields.finish()
    }

    /// From the form that crosses.
    pub fn from_fields(kind: u32, fields: RVec<u8>) -> Self {
        let mut fault = Self {
            kind,
            ..Self::default()
        };
        for (tag, value) in Fields::new(fields).iter() {
            let text = || String::from_utf8_lossy(value).into_owned();
            match tag {
                tag::ERROR_NAME => fault.name = text(),
                tag::ERROR_MESSAGE => fault.message = text(),
                tag::ERROR_LOCATION => fault.location = Some(text()),
                tag::ERROR_FRAME => fault.stack_trace.push(text()),
                _ => {}
            }
        }
        fault
    }
}

impl From<&Fault> for AbiError {
    fn from(fault: &Fault) -> Self {
        Self {
            kind: fault.kind,
            fields: fault.to_fields(),
        }
    }
}

impl From<AbiError> for Fault {
    fn from(error: AbiError) -> Self {
        Self::from_fields(error.kind, error.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;

    #[test]
    fn a_fault_crosses_whole() {
        let fault = Fault {
            kind: 1,
            name: "Oops".to_owned(),
            message: "it broke: ƛ".to_owned(),
            location: Some("src/lib.rs:1:2".to_owned()),
            stack_trace: vec!["a".to_owned(), "b at c".to_owned()],
        };
        assert_eq!(Fault::from_fields(fault.kind, fault.to_fields()), fault);
    }
}
