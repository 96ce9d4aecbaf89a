//! The headers of the request.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};

use super::event::{Event, RequestContext, text};
use super::pairs::{each_pair, each_value};
use super::{Form, NotHttp};

/// Room for the headers of an ordinary request.
const USUAL: usize = 24;

/// The headers of the event `bytes`, whose body has `length` bytes. What HTTP does not know as a
/// header is left out.
pub(super) fn headers(
    form: Form,
    event: &Event<'_>,
    context: &RequestContext<'_>,
    bytes: &Bytes,
    length: usize,
) -> Result<HeaderMap, NotHttp> {
    let mut headers = Headers {
        map: HeaderMap::with_capacity(USUAL),
        bytes,
        full: false,
    };
    // Of a header that was sent several times, the other map has the last value only.
    headers.read("multiValueHeaders", event.multi_value_headers)?;
    if headers.map.is_empty() {
        headers.read("headers", event.headers)?;
    }
    if form == Form::V2 {
        headers.read_cookies(event)?;
    }
    let Headers { mut map, full, .. } = headers;
    if full {
        return Err(NotHttp::TooManyHeaders);
    }
    // The body is whole now, and may have been edited by hand.
    map.remove(header::TRANSFER_ENCODING);
    if let Entry::Occupied(mut said) = map.entry(header::CONTENT_LENGTH) {
        said.insert(length.into());
    }
    if !map.contains_key(header::HOST)
        && let Some(host) = text(context.domain_name)
        && let Ok(host) = HeaderValue::from_str(&host)
    {
        map.insert(header::HOST, host);
    }
    Ok(map)
}

struct Headers<'b> {
    map: HeaderMap,
    /// The event, of which values are pieces.
    bytes: &'b Bytes,
    /// There were more than a map can have.
    full: bool,
}

impl Headers<'_> {
    fn read(
        &mut self,
        member: &'static str,
        headers: Option<&serde_json::value::RawValue>,
    ) -> Result<(), NotHttp> {
        let Some(headers) = headers else {
            return Ok(());
        };
        let read = each_pair(headers.get(), &mut |name, value| self.append(name, value));
        read.map_err(|_| NotHttp::Member {
            member,
            expected: "an object of strings",
        })
    }

    fn append(&mut self, name: &str, value: Cow<'_, str>) {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Some(value)) = (parsed, self.value(value)) {
            self.full |= self.map.try_append(name, value).is_err();
        } else {
            tracing::debug!(
                target: "shim::gateway",
                header = name,
                "an event has a header that HTTP does not know; it is left out"
            );
        }
    }

    fn value(&self, text: Cow<'_, str>) -> Option<HeaderValue> {
        let value = match text {
            Cow::Borrowed(piece) => self.bytes.slice_ref(piece.as_bytes()),
            Cow::Owned(text) => text.into(),
        };
        HeaderValue::from_maybe_shared(value).ok()
    }

    /// Payload format 2.0 has them in a list of their own.
    fn read_cookies(&mut self, event: &Event<'_>) -> Result<(), NotHttp> {
        let Some(cookies) = event.cookies else {
            return Ok(());
        };
        let mut joined = String::new();
        let read = each_value(cookies.get(), &mut |cookie| {
            if HeaderValue::from_str(&cookie).is_ok() {
                if !joined.is_empty() {
                    joined.push_str("; ");
                }
                joined.push_str(&cookie);
            }
        });
        read.map_err(|_| NotHttp::Member {
            member: "cookies",
            expected: "a list of strings",
        })?;
        if let Some(cookies) = Some(joined).filter(|joined| !joined.is_empty())
            && let Ok(cookies) = HeaderValue::from_maybe_shared(Bytes::from(cookies))
        {
            self.full |= self.map.try_insert(header::COOKIE, cookies).is_err();
        }
        Ok(())
    }
}
