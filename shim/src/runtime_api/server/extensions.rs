//! Extensions within the runtime's process. Lambda sends a runtime SIGTERM before it ends only if
//! there is one, so runtimes register one that wants nothing.

use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, json};
use super::{Phase, Shared};
use crate::invocation::Body;

/// The most extensions that a function may have.
const MAX_EXTENSIONS: usize = 10;

/// The longest body of a registration, in bytes.
pub(super) const MAX_REGISTRATION: usize = 64 * 1024;

const NAME: &str = "lambda-extension-name";
const IDENTIFIER: &str = "lambda-extension-identifier";

/// Those that are registered.
#[derive(Debug, Default)]
pub(super) struct Extensions(Vec<Extension>);

#[derive(Debug)]
struct Extension {
    name: String,
    identifier: String,
}

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    events: Vec<String>,
}

/// `POST /extension/register`
pub(super) fn register(
    shared: &Shared,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response<Body>, Refusal> {
    let name = headers.get(NAME).and_then(|name| name.to_str().ok());
    let name = name.filter(|name| !name.is_empty());
    let no_name = || Refusal::extension("Extension.InvalidExtensionName", "Empty extension name");
    let name = name.ok_or_else(no_name)?;
    let registration: Registration = serde_json::from_slice(body)
        .map_err(|error| Refusal::extension("InvalidRequestFormat", error.to_string()))?;
    // What is within the runtime ends with it, and is not told so.
    let unknown = |event: &&String| event.as_str() != "INVOKE";
    if let Some(event) = registration.events.iter().find(unknown) {
        let message = format!("{event}: an extension within the runtime can have INVOKE only");
        return Err(Refusal::extension("Extension.InvalidEventType", message));
    }
    if *shared.phase.borrow() != Phase::Init {
        let message = "Extension registration closed already";
        return Err(Refusal::extension("Extension.RegistrationClosed", message));
    }
    let identifier = shared.extensions().add(name)?;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Registered<'a> {
        function_name: &'a str,
        function_version: &'a str,
        handler: &'a str,
    }
    let settings = &shared.settings;
    let registered = Registered {
        function_name: &settings.function,
        function_version: &settings.version,
        handler: &settings.handler,
    };
    // Strings always serialise.
    let document = serde_json::to_vec(&registered).unwrap_or_default();
    let mut response = json(StatusCode::OK, document);
    if let Ok(identifier) = HeaderValue::try_from(identifier) {
        response.headers_mut().insert(IDENTIFIER, identifier);
    }
    Ok(response)
}

/// `GET /extension/event/next`: there are no events for what is within the runtime, as long as it
/// lives. Returns only to refuse.
pub(super) async fn next(shared: &Shared, headers: &HeaderMap) -> Refusal {
    let Some(identifier) = headers.get(IDENTIFIER) else {
        let message = format!("Missing {IDENTIFIER} header");
        return Refusal::extension("Extension.MissingExtensionIdentifier", message);
    };
    let known = |extension: &Extension| extension.identifier.as_bytes() == identifier.as_bytes();
    if !shared.extensions().0.iter().any(known) {
        let message = "Unknown extension identifier";
        return Refusal::extension("Extension.UnknownExtensionIdentifier", message);
    }
    std::future::pending().await
}

impl Extensions {
    fn add(&mut self, name: &str) -> Result<String, Refusal> {
        if self.0.iter().any(|extension| extension.name == name) {
            let message = "Extension with this name already registered";
            return Err(Refusal::extension(
                "Extension.InvalidExtensionState",
                message,
            ));
        }
        if self.0.len() == MAX_EXTENSIONS {
            let message = format!("Extension limit ({MAX_EXTENSIONS}) reached");
            return Err(Refusal::extension("Extension.TooManyExtensions", message));
        }
        let identifier = uuid::Uuid::new_v4().to_string();
        self.0.push(Extension {
            name: name.to_owned(),
            identifier: identifier.clone(),
        });
        Ok(identifier)
    }
}
