//! What browsers of other origins may do, as it is configured.

use http::{HeaderName, HeaderValue, Method, Uri};

/// The CORS configuration of a function URL. In each list `*` stands for anything; an empty list
/// sends no header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsRules {
    /// Origins that may read responses: `https://example.com`, `http://localhost:3000`.
    pub allow_origins: Vec<String>,
    /// Methods that they may use, beside those that browsers send unasked.
    pub allow_methods: Vec<String>,
    /// Headers that they may send, beside those that browsers send unasked.
    pub allow_headers: Vec<String>,
    /// Headers of responses that they may read, beside those that browsers show anyway.
    pub expose_headers: Vec<String>,
    /// How long browsers may remember the answer to a preflight request, in seconds.
    pub max_age: Option<u32>,
    /// Requests may carry cookies and other credentials.
    pub allow_credentials: bool,
}

/// What is wrong with [`CorsRules`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorsError {
    /// Not an origin.
    #[error("`{0}` is not an origin: write scheme://host or scheme://host:port, without a path")]
    Origin(String),
    /// Not a method.
    #[error("`{0}` is not a method: methods are upper-case words such as GET")]
    Method(String),
    /// Not a header name.
    #[error("`{0}` is not a header name")]
    Header(String),
}

/// A checked list, as a header has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    /// No header.
    Nothing,
    /// `*`
    Anything,
    /// Joined with commas.
    These(HeaderValue),
}

impl CorsRules {
    /// The origins that are listed by name.
    pub(super) fn origins(&self) -> Result<Vec<HeaderValue>, CorsError> {
        let named = self.allow_origins.iter().filter(|origin| *origin != "*");
        named.map(|origin| parse_origin(origin)).collect()
    }

    pub(super) fn any_origin(&self) -> bool {
        self.allow_origins.iter().any(|origin| origin == "*")
    }

    pub(super) fn methods(&self) -> Result<List, CorsError> {
        list(&self.allow_methods, CorsError::Method, |method| {
            let upper = method.bytes().all(|byte| !byte.is_ascii_lowercase());
            upper && Method::from_bytes(method.as_bytes()).is_ok()
        })
    }
}

/// A list of header names.
pub(super) fn header_names(names: &[String]) -> Result<List, CorsError> {
    list(names, CorsError::Header, |name| {
        HeaderName::from_bytes(name.as_bytes()).is_ok()
    })
}

fn list(
    items: &[String],
    error: fn(String) -> CorsError,
    is_valid: fn(&str) -> bool,
) -> Result<List, CorsError> {
    if items.is_empty() {
        return Ok(List::Nothing);
    }
    if let Some(item) = items.iter().find(|item| !is_valid(item)) {
        return Err(error(item.clone()));
    }
    if items.iter().any(|item| item == "*") {
        return Ok(List::Anything);
    }
    let joined = items.join(",");
    let value = HeaderValue::try_from(&joined).map_err(|_| error(joined))?;
    Ok(List::These(value))
}

/// Browsers send scheme, host and (unless it is the scheme's own) port; `null` for pages without an
/// origin.
fn parse_origin(origin: &str) -> Result<HeaderValue, CorsError> {
    let wrong = || CorsError::Origin(origin.to_owned());
    if origin != "null" {
        let uri: Uri = origin.parse().map_err(|_| wrong())?;
        let bare =
            uri.path_and_query().is_none_or(|path| path.as_str() == "/") && !origin.ends_with('/');
        let user = origin.contains('@');
        if uri.scheme().is_none() || uri.host().is_none_or(str::is_empty) || !bare || user {
            return Err(wrong());
        }
    }
    HeaderValue::try_from(origin).map_err(|_| wrong())
}
