//! What a handler may know of its invocation.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use plugin_api_abi::fields::tag;
use plugin_api_abi::glue::invocation::{Function, Invocation};
use serde::Deserialize;

/// What a handler may know of its invocation, and the signal that it should end. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Invocation>);

/// Makes the context of a run.
#[doc(hidden)]
pub fn context(request: &plugin_api_abi::glue::entry::Request<'_>) -> Context {
    Context(request.invocation.keep())
}

impl Context {
    /// The request id: also in the caller's answer and in every log line of the invocation.
    pub fn request_id(&self) -> &str {
        self.0.request_id()
    }

    /// The name under which the handler is served.
    pub fn function_name(&self) -> &str {
        &self.0.function.name
    }

    /// The function's version; `$LATEST` when it has none.
    pub fn function_version(&self) -> &str {
        &self.0.function.version
    }

    /// The ARN that the caller invoked; `None` where there is no such thing (plain HTTP).
    pub fn function_arn(&self) -> Option<&str> {
        let invoked = self.0.fields.text(tag::FUNCTION_ARN);
        Some(invoked.unwrap_or(&self.0.function.arn)).filter(|arn| !arn.is_empty())
    }

    /// The function's memory limit in MiB, if it has one.
    pub fn memory_limit_mb(&self) -> Option<u32> {
        Some(self.0.function.memory_limit_mb).filter(|limit| *limit != 0)
    }

    /// When the invocation will be ended; `None`: it has all the time it wants.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.0.deadline()
    }

    /// How much time is left until [`deadline`](Self::deadline); zero once it has passed.
    pub fn remaining_time(&self) -> Option<Duration> {
        let left = |at: SystemTime| at.duration_since(SystemTime::now()).unwrap_or_default();
        self.deadline().map(left)
    }

    /// The caller's trace header (`Root=1-…;Parent=…;Sampled=…`).
    pub fn trace_id(&self) -> Option<&str> {
        self.0.fields.text(tag::TRACE_ID)
    }

    /// The client context that the caller sent, as JSON text.
    pub fn client_context(&self) -> Option<&str> {
        self.0.fields.text(tag::CLIENT_CONTEXT)
    }

    /// The Cognito identity of the caller.
    pub fn cognito_identity(&self) -> Option<CognitoIdentity> {
        serde_json::from_str(self.0.fields.text(tag::COGNITO_IDENTITY)?).ok()
    }

    /// The tenant for which the function is invoked.
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.fields.text(tag::TENANT_ID)
    }

    /// What the event of a gateway says beside the HTTP request that a web handler gets: the
    /// authorizer's claims, path parameters, stage variables. `None` where the request came over
    /// plain HTTP, and for handlers of events, which have the event itself.
    ///
    /// JSON text with those of these members that the event has, as they stand in it: `version`,
    /// `resource`, `routeKey`, `httpMethod`, `path`, `rawPath`, `pathParameters`, `stageVariables`,
    /// `requestContext`. A type of one's own with the wanted fields reads it, and so do the types of
    /// `aws_lambda_events` (`ApiGatewayProxyRequest`, `ApiGatewayV2httpRequest`).
    ///
    /// ```
    /// use plugin_api::http::{Request, Response};
    /// use plugin_api::{Body, Context, Error, handler, testing};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Event {
    ///     request_context: RequestContext,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct RequestContext {
    ///     authorizer: Option<Authorizer>,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Authorizer {
    ///     jwt: Jwt,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Jwt {
    ///     claims: std::collections::HashMap<String, String>,
    /// }
    ///
    /// #[handler]
    /// async fn who(_: Request<Body>, ctx: Context) -> Result<Response<String>, Error> {
    ///     let event: Option<Event> = ctx.gateway_event().map(serde_json::from_str).transpose()?;
    ///     let jwt = event.and_then(|event| event.request_context.authorizer);
    ///     let subject = jwt.and_then(|mut authorizer| authorizer.jwt.claims.remove("sub"));
    ///     Ok(Response::new(subject.unwrap_or_else(|| "nobody".to_owned())))
    /// }
    ///
    /// # fn main() -> Result<(), Error> {
    /// let event = r#"{"requestContext":{"authorizer":{"jwt":{"claims":{"sub":"ada"}}}}}"#;
    /// let function = testing::Function::<who>::builder().gateway_event(event).load()?;
    /// let response = function.request(Request::new(""))?;
    /// assert_eq!(response.body(), "ada");
    /// # Ok(())
    /// # }
    /// ```
    pub fn gateway_event(&self) -> Option<&str> {
        self.0.fields.text(tag::GATEWAY_EVENT)
    }

    /// A setting of the function (`--env NAME=VALUE`). Not the process's environment, which is
    /// shared by all functions and never changed.
    ///
    /// `_X_AMZN_TRACE_ID`, which Lambda's own runtimes set anew for each invocation, is
    /// [`trace_id`](Self::trace_id) where the invocation has one.
    pub fn var(&self, name: &str) -> Option<&str> {
        let trace_id = (name == "_X_AMZN_TRACE_ID").then(|| self.trace_id());
        trace_id.flatten().or_else(|| var(self.0.function, name))
    }

    /// All settings of the function.
    pub fn vars(&self) -> impl Iterator<Item = (&str, &str)> {
        vars(self.0.function)
    }

    /// Whether the invocation should end early: its caller left, or its deadline passed.
    ///
    /// An async handler is dropped at its next `await` then and need not look. A plain `fn` that
    /// works for long should. One limit: a plain `fn` that was quick many times runs on the thread that
    /// reads its connection; if such a one works for long all the same, it sees its deadline here, but
    /// not that its caller left.
    pub fn is_cancelled(&self) -> bool {
        // The host may have no way to say that the deadline has passed: a plain `fn` that is quick
        // as a rule runs on the very thread that would.
        self.0.is_cancelled() || self.remaining_time() == Some(Duration::ZERO)
    }

    /// Waits until the invocation should end early. For tasks that the handler has spawned.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("function_name", &self.function_name())
            .field("remaining_time", &self.remaining_time())
            .finish_non_exhaustive()
    }
}

/// The Amazon Cognito identity of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CognitoIdentity {
    /// The authenticated identity.
    #[serde(rename = "cognitoIdentityId")]
    pub identity_id: String,
    /// The identity pool that authorised the call.
    #[serde(rename = "cognitoIdentityPoolId")]
    pub identity_pool_id: String,
}

/// What a [`Handler`](crate::Handler) may know when it is initialised.
#[derive(Clone, Debug)]
pub struct InitContext(&'static Function);

/// Makes the context of an `init`.
#[doc(hidden)]
pub fn init_context(function: &'static Function) -> InitContext {
    InitContext(function)
}

impl InitContext {
    /// The name under which the handler is served.
    pub fn function_name(&self) -> &str {
        &self.0.name
    }

    /// The function's version; `$LATEST` when it has none.
    pub fn function_version(&self) -> &str {
        &self.0.version
    }

    /// The function's memory limit in MiB, if it has one.
    pub fn memory_limit_mb(&self) -> Option<u32> {
        Some(self.0.memory_limit_mb).filter(|limit| *limit != 0)
    }

    /// A setting of the function (`--env NAME=VALUE`).
    pub fn var(&self, name: &str) -> Option<&str> {
        var(self.0, name)
    }

    /// All settings of the function.
    pub fn vars(&self) -> impl Iterator<Item = (&str, &str)> {
        vars(self.0)
    }
}

fn vars(function: &Function) -> impl Iterator<Item = (&str, &str)> {
    function
        .vars
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The last one wins, as with `--env` given twice.
fn var<'a>(function: &'a Function, name: &str) -> Option<&'a str> {
    let found = function.vars.iter().rev().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use plugin_api_abi::fields::{Fields, FieldsWriter};

    use super::*;

    fn context(fields: &[(u16, &str)], deadline_unix_ms: u64) -> Context {
        let mut writer = FieldsWriter::default();
        for (tag, value) in fields {
            writer.put(*tag, value.as_bytes());
        }
        let function = Box::leak(Box::new(Function {
            arn: "arn:aws:lambda:eu-west-1:123456789012:function:greeter".to_owned(),
            memory_limit_mb: 128,
            ..Function::default()
        }));
        let fields = Fields::new(writer.finish());
        Context(Arc::new(Invocation::new(
            function,
            fields,
            deadline_unix_ms,
        )))
    }

    #[test]
    fn what_the_caller_sent_is_there() {
        let context = context(
            &[
                (tag::REQUEST_ID, "id-1"),
                (tag::TRACE_ID, "Root=1-2-3"),
                (tag::CLIENT_CONTEXT, r#"{"custom":{"a":"b"}}"#),
                (
                    tag::COGNITO_IDENTITY,
                    r#"{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}"#,
                ),
                (tag::TENANT_ID, "blue"),
                (tag::GATEWAY_EVENT, r#"{"version":"2.0"}"#),
            ],
            0,
        );
        assert_eq!(context.request_id(), "id-1");
        assert_eq!(context.trace_id(), Some("Root=1-2-3"));
        assert_eq!(context.client_context(), Some(r#"{"custom":{"a":"b"}}"#));
        assert_eq!(context.tenant_id(), Some("blue"));
        assert_eq!(context.gateway_event(), Some(r#"{"version":"2.0"}"#));
        // Where code for Lambda looks for it.
        assert_eq!(context.var("_X_AMZN_TRACE_ID"), Some("Root=1-2-3"));
        assert_eq!(context.memory_limit_mb(), Some(128));
        assert!(
            context
                .function_arn()
                .is_some_and(|arn| arn.ends_with(":greeter"))
        );
        let identity = CognitoIdentity {
            identity_id: "id".to_owned(),
            identity_pool_id: "pool".to_owned(),
        };
        assert_eq!(context.cognito_identity(), Some(identity));
    }

    #[test]
    fn what_the_caller_did_not_send_is_not() {
        let context = context(&[(tag::COGNITO_IDENTITY, "{}")], 0);
        assert_eq!(context.request_id(), "");
        assert_eq!(context.trace_id(), None);
        assert_eq!(context.var("_X_AMZN_TRACE_ID"), None);
        assert_eq!(context.gateway_event(), None);
        assert_eq!(context.cognito_identity(), None);
        assert_eq!(context.deadline(), None);
        assert_eq!(context.remaining_time(), None);
    }

    #[test]
    fn no_time_is_left_after_the_deadline() {
        let past = context(&[], 1);
        assert_eq!(past.deadline(), Some(UNIX_EPOCH + Duration::from_millis(1)));
        assert_eq!(past.remaining_time(), Some(Duration::ZERO));
        let never = context(&[], u64::MAX);
        assert!(never.remaining_time() > Some(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn the_signal_reaches_who_waits_for_it() {
        let context = context(&[], 0);
        let waiting = tokio::spawn({
            let context = context.clone();
            async move { context.cancelled().await }
        });
        tokio::task::yield_now().await;
        assert!(!context.is_cancelled());
        context.0.cancel();
        assert!(context.is_cancelled());
        waiting.await.unwrap();
        context.cancelled().await;
    }
}
