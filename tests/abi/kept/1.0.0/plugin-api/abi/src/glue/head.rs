//! The head of an HTTP request, as handlers read it: lent by the host, or in a list.

use std::slice;

use crate::fields::{Fields, FieldsWriter, Values, tag};
use crate::glue::invocation::InvocationRef;
use crate::glue::scope;
use crate::types::{AbiCall, AbiHeader};

/// The head of an HTTP request.
#[derive(Debug)]
pub struct Head<'a> {
    /// The method; empty: none is given.
    pub method: &'a [u8],
    /// Path and query as received, or an absolute URI; empty: none is given.
    pub uri: &'a [u8],
    /// The protocol's version: 9 (0.9), 10, 11, 20 or 30.
    pub version: u32,
    /// The headers: name and value of each.
    pub headers: Headers<'a>,
}

/// The headers of a request, in order.
#[derive(Debug)]
pub enum Headers<'a> {
    /// Lent by the host.
    Lent(slice::Iter<'a, AbiHeader<'a>>),
    /// In a list of tagged values.
    Listed(Values<'a>),
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Lent(headers) => headers
                .next()
                .map(|header| (header.name.as_str().as_bytes(), header.value.as_slice())),
            Self::Listed(values) => {
                let mut name = None;
                values.find_map(|(found, value)| match found {
                    tag::HEADER_NAME => {
                        name = Some(value);
                        None
                    }
                    tag::HEADER_VALUE => Some((name.take()?, value)),
                    _ => None,
                })
            }
        }
    }
}

impl<'a> Head<'a> {
    fn lent(call: &'a AbiCall<'a>) -> Self {
        Self {
            method: call.method.as_str().as_bytes(),
            uri: call.uri.as_str().as_bytes(),
            version: call.version,
            headers: Headers::Lent(call.headers.as_slice().iter()),
        }
    }

    fn listed(list: &'a Fields) -> Self {
        let version = list.get(tag::VERSION).and_then(|value| value.first());
        Self {
            method: list.get(tag::METHOD).unwrap_or_default(),
            uri: list.get(tag::URI).unwrap_or_default(),
            version: version.map_or(11, |version| u32::from(*version)),
            headers: Headers::Listed(list.iter()),
        }
    }
}

impl InvocationRef<'_> {
    /// Reads the head of the HTTP request. Only once: what the host lends is gone then.
    pub fn head<T>(&self, read: impl FnOnce(Head<'_>) -> T) -> T {
        scope::read_lent(&raw const **self, |call| match call {
            Some(call) => read(Head::lent(call)),
            None => read(Head::listed(self.kept_head.get().unwrap_or(&self.fields))),
        })
    }
}

/// A copy of the head of `call`, for who reads it later.
pub(super) fn copy(call: &AbiCall<'_>) -> Fields {
    let mut list = FieldsWriter::default();
    list.put(tag::METHOD, call.method.as_bytes());
    list.put(tag::URI, call.uri.as_bytes());
    if let Ok(version) = u8::try_from(call.version) {
        list.put(tag::VERSION, &[version]);
    }
    for header in call.headers {
        list.put(tag::HEADER_NAME, header.name.as_bytes());
        list.put(tag::HEADER_VALUE, &header.value);
    }
    Fields::new(list.finish())
}
