//! Cross-origin requests of browsers, answered by configuration.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use super::cors_rules::{self, List};
use super::{CorsError, CorsRules};
use crate::invocation::Body;

/// What only the configuration may say.
const OWN: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

const WILDCARD: HeaderValue = HeaderValue::from_static("*");

/// [`CorsRules`], checked, as headers have them.
///
/// Browsers take `*` literally where credentials are allowed; there the very origin, method and
/// headers of the request are allowed instead, and responses expose the headers that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Those listed by name.
    origins: Vec<HeaderValue>,
    any_origin: bool,
    methods: List,
    headers: List,
    exposed: List,
    max_age: Option<u32>,
    credentials: bool,
}

impl Cors {
    /// Checks `rules`.
    pub fn new(rules: &CorsRules) -> Result<Self, CorsError> {
        Ok(Self {
            origins: rules.origins()?,
            any_origin: rules.any_origin(),
            methods: rules.methods()?,
            headers: cors_rules::header_names(&rules.allow_headers)?,
            exposed: cors_rules::header_names(&rules.expose_headers)?,
            max_age: rules.max_age,
            credentials: rules.allow_credentials,
        })
    }

    /// The answer to a preflight request (OPTIONS with `origin` and
    /// `access-control-request-method`); the function does not see it. `None` for other requests.
    ///
    /// Always 204; an origin that is not allowed finds no permission in it.
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        if *method != Method::OPTIONS {
            return None;
        }
        let origin = headers.get(ORIGIN)?;
        let asked_method = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let asked_headers = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        if self.allow(Some(origin), answer) {
            let methods = self.permitted(&self.methods, Some(asked_method));
            set(answer, ACCESS_CONTROL_ALLOW_METHODS, methods);
            let permitted = self.permitted(&self.headers, asked_headers);
            set(answer, ACCESS_CONTROL_ALLOW_HEADERS, permitted);
            let max_age = self.max_age.map(HeaderValue::from);
            set(answer, ACCESS_CONTROL_MAX_AGE, max_age);
        }
        Some(response)
    }

    /// Puts the configured headers into a response to a request with the header `origin`, in place
    /// of those that the function wrote.
    pub fn apply(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        for name in OWN {
            headers.remove(name);
        }
        if !self.allow(origin, headers) {
            return;
        }
        let exposed = match &self.exposed {
            List::Anything if self.credentials => names(headers),
            list => self.permitted(list, None),
        };
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }

    /// Whether responses go to `origin`; if so, says it, and whether credentials do.
    ///
    /// A response that is the same for all origins says so to all, so that caches may keep it.
    fn allow(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
        let allowed = if self.any_origin && !self.credentials {
            Some(WILDCARD)
        } else {
            vary_by_origin(headers);
            origin.filter(|origin| self.knows(origin)).cloned()
        };
        let Some(allowed) = allowed else {
            return false;
        };
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, Some(allowed));
        let credentials = self.credentials.then(|| HeaderValue::from_static("true"));
        set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials);
        true
    }

    fn knows(&self, origin: &HeaderValue) -> bool {
        let same = |known: &HeaderValue| known.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        self.any_origin || self.origins.iter().any(same)
    }

    fn permitted(&self, list: &List, asked: Option<&HeaderValue>) -> Option<HeaderValue> {
        match list {
            List::Nothing => None,
            List::Anything if self.credentials => asked.cloned(),
            List::Anything => Some(WILDCARD),
            List::These(these) => Some(these.clone()),
        }
    }
}

/// The names of the headers that a response has; browsers never show `set-cookie`.
fn names(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = headers
        .keys()
        .filter(|name| *name != http::header::SET_COOKIE);
    let names: Vec<_> = names.map(HeaderName::as_str).collect();
    HeaderValue::try_from(names.join(",")).ok()
}

fn vary_by_origin(headers: &mut HeaderMap) {
    let listed = headers.get_all(VARY).iter().any(|value| {
        let mut names = value.as_bytes().split(|byte| *byte == b',');
        names.any(|name| {
            let name = name.trim_ascii();
            name == b"*" || name.eq_ignore_ascii_case(b"origin")
        })
    });
    if !listed {
        let origin = HeaderValue::from_static("Origin");
        // A map that is full (some 24,000 headers) stays as it is.
        let _ = headers.try_append(VARY, origin);
    }
}

/// A map that is full (some 24,000 headers) stays as it is: browsers then refuse the response.
fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        let _ = headers.try_insert(name, value);
    }
}
