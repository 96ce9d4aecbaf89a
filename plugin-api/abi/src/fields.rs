//! Tagged values: how data inside requests, replies and errors is written.
//!
//! A list of `tag: u16, length: u32, value`, integers little-endian. Readers skip tags that they
//! do not know, so new data is a new tag, in both directions, without a change of any type.

use abi_stable::std_types::RVec;

/// What a value means. Numbers are never reused.
pub mod tag {
    /// Request: the invocation's id.
    pub const REQUEST_ID: u16 = 1;
    /// Request: the caller's trace header.
    pub const TRACE_ID: u16 = 2;
    /// Request: the client context, decoded JSON.
    pub const CLIENT_CONTEXT: u16 = 3;
    /// Request: the Cognito identity, JSON.
    pub const COGNITO_IDENTITY: u16 = 4;
    /// Request: the tenant.
    pub const TENANT_ID: u16 = 5;
    /// Request: what the event of a gateway says beside the HTTP request, JSON.
    pub const GATEWAY_EVENT: u16 = 6;

    /// HTTP request: the method.
    pub const METHOD: u16 = 16;
    /// HTTP request: path and query as received, or an absolute URI.
    pub const URI: u16 = 17;
    /// HTTP request: one byte: 9 (0.9), 10, 11, 20 or 30.
    pub const VERSION: u16 = 18;
    /// HTTP: a header's name; its value follows as [`HEADER_VALUE`].
    pub const HEADER_NAME: u16 = 19;
    /// HTTP: the value of the header named before.
    pub const HEADER_VALUE: u16 = 20;
    /// HTTP response: the status, u16; absent: 200.
    pub const STATUS: u16 = 21;

    /// Function: the name under which the handler is served.
    pub const FUNCTION_NAME: u16 = 32;
    /// Function: its version.
    pub const FUNCTION_VERSION: u16 = 33;
    /// Function: its ARN. Request: the ARN that the caller invoked, with its qualifier.
    pub const FUNCTION_ARN: u16 = 34;
    /// Function: its memory limit in MiB, u32.
    pub const MEMORY_LIMIT: u16 = 35;
    /// Function: a setting's name; its value follows as [`VAR_VALUE`].
    pub const VAR_NAME: u16 = 36;
    /// Function: the value of the setting named before.
    pub const VAR_VALUE: u16 = 37;

    /// Plugin: how many worker threads its runtime has, u32; absent or 0: as many as there are cores.
    pub const THREADS: u16 = 64;
    /// Plugin: whether panics carry a stack trace, one byte, 0 or 1; absent: they do.
    pub const STACK_TRACES: u16 = 65;
    /// Plugin: whether the steps of the lifecycle begin on the thread that asks for them, one byte, 0
    /// or 1; absent: each has a thread of its own.
    pub const LIFECYCLE_INLINE: u16 = 66;
    /// Plugin: whether its runtime, its panic hook and the way of its logs are made when they are first
    /// needed, one byte, 0 or 1; absent: when the host attaches. Attaching once more without it makes
    /// them.
    pub const SET_UP_LATER: u16 = 67;

    /// Error: the type name that callers see.
    pub const ERROR_NAME: u16 = 48;
    /// Error: the message that callers see.
    pub const ERROR_MESSAGE: u16 = 49;
    /// Error: `file:line:column`.
    pub const ERROR_LOCATION: u16 = 50;
    /// Error: one frame of the stack trace, innermost first; repeated.
    pub const ERROR_FRAME: u16 = 51;

    /// Description: the empty value of the response type: its JSON, or its bytes. With [`STATUS`]
    /// before it, the body of an HTTP response.
    pub const EMPTY_RESPONSE: u16 = 80;
    /// Description: the JSON schema of the response type.
    pub const RESPONSE_SCHEMA: u16 = 81;
    /// Description: the JSON schema of the event type.
    pub const EVENT_SCHEMA: u16 = 82;
}

/// The length of a value's head: tag and length.
const HEAD: usize = 6;

/// Writes a list of tagged values.
#[derive(Debug, Default)]
pub struct FieldsWriter(Vec<u8>);

impl FieldsWriter {
    /// An empty list with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Appends a value. One longer than `u32::MAX` bytes is left out.
    pub fn put(&mut self, tag: u16, value: &[u8]) {
        let Ok(len) = u32::try_from(value.len()) else {
            return;
        };
        let mut head = [0; HEAD];
        head[..2].copy_from_slice(&tag.to_le_bytes());
        head[2..].copy_from_slice(&len.to_le_bytes());
        self.0.reserve(HEAD + value.len());
        self.0.extend_from_slice(&head);
        self.0.extend_from_slice(value);
    }

    /// Appends a value that may be absent.
    pub fn put_option(&mut self, tag: u16, value: Option<&str>) {
        if let Some(value) = value {
            self.put(tag, value.as_bytes());
        }
    }

    /// An empty list in the room of another one.
    pub fn reusing(mut room: Vec<u8>) -> Self {
        room.clear();
        Self(room)
    }

    /// The list so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The room of the list, to be used again.
    pub fn into_room(self) -> Vec<u8> {
        self.0
    }

    /// The finished list, in the form that crosses. Nothing is copied.
    pub fn finish(self) -> RVec<u8> {
        RVec::from(self.0)
    }
}

/// A received list. Keeps the sender's buffer, and lends its values.
#[derive(Debug, Clone, Default)]
pub struct Fields(RVec<u8>);

impl Fields {
    /// Takes over a list from the other side.
    pub fn new(list: RVec<u8>) -> Self {
        // Not `into_vec`: that copies what the other side's allocator made.
        Self(list)
    }

    /// Has a copy of `list` in the place of what there was.
    pub fn refill(&mut self, list: &[u8]) {
        self.0.clear();
        self.0.extend_from_copy_slice(list);
    }

    /// How much room there is for another list.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The values in order. A damaged list ends at the damage.
    pub fn iter(&self) -> Values<'_> {
        Values(&self.0)
    }

    /// The first value with this tag.
    pub fn get(&self, tag: u16) -> Option<&[u8]> {
        self.iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| value)
    }

    /// The first value with this tag, if it is UTF-8.
    pub fn text(&self, tag: u16) -> Option<&str> {
        self.get(tag)
            .and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// What is left of a list: its values in order.
#[derive(Debug, Clone)]
pub struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first_chunk::<HEAD>()?;
        let tag = u16::from_le_bytes([head[0], head[1]]);
        let len = u32::from_le_bytes([head[2], head[3], head[4], head[5]]);
        let (value, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some((tag, value))
    }
}

#[cfg(test)]
mod tests {
    use abi_stable::std_types::RVec;

    use super::{Fields, FieldsWriter, tag};

    #[test]
    fn values_come_back_in_order_and_unknown_tags_do_no_harm() {
        let mut writer = FieldsWriter::default();
        writer.put(tag::REQUEST_ID, b"id-1");
        writer.put(65_000, b"from a newer version");
        writer.put(tag::TRACE_ID, b"");
        let fields = Fields::new(writer.finish());
        assert_eq!(fields.text(tag::REQUEST_ID), Some("id-1"));
        assert_eq!(fields.get(tag::TRACE_ID), Some(&b""[..]));
        assert_eq!(fields.get(tag::TENANT_ID), None);
        assert_eq!(fields.iter().count(), 3);
    }

    #[test]
    fn every_cut_of_a_list_is_read_without_a_panic() {
        let mut writer = FieldsWriter::default();
        writer.put(1, b"one");
        writer.put(2, b"two");
        let whole = writer.finish();
        for len in 0..whole.len() {
            let cut = Fields::new(RVec::from(whole[..len].to_vec()));
            assert!(cut.iter().count() <= 1, "cut at {len}");
        }
    }

    #[test]
    fn a_length_past_the_end_is_not_followed() {
        let mut list = vec![1, 0];
        list.extend_from_slice(&u32::MAX.to_le_bytes());
        list.push(b'x');
        assert_eq!(Fields::new(RVec::from(list)).iter().count(), 0);
    }
}
