//! What a function answered, as a whole or as a stream.

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body_util::BodyExt as _;

use crate::gateway::{self, Form};
use crate::invocation::{Answer, Body, BodyError, FunctionError, MAX_RESPONSE};

/// What a function answered.
#[derive(Default)]
pub(super) struct Answered {
    body: Body,
    /// Of a web handler: the form of its event, and the head of its response.
    web: Option<Box<(Form, Parts)>>,
}

impl Answered {
    /// The answer of a handler; a web handler was given an event in `form`.
    ///
    /// # Errors
    /// It cannot be an answer.
    pub(super) fn new(answer: Answer, form: Option<Form>) -> Result<Self, FunctionError> {
        let response = match answer {
            Answer::Event(body) => return Ok(Self { body, web: None }),
            Answer::Http(response) => response,
        };
        let (head, body) = gateway::checked(*response)?.into_parts();
        let web = form.map(|form| Box::new((form, head)));
        Ok(Self { body, web })
    }

    /// It comes while the function runs.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// All of it; that of a web handler in the form of its event.
    pub(super) async fn whole(self) -> Result<Bytes, NotWhole> {
        let body = match self.body {
            Body::Empty => Bytes::new(),
            Body::Full(bytes) => within_limit(bytes)?,
            stream @ Body::Stream(_) => Box::pin(collect(stream)).await?,
        };
        match self.web {
            None => Ok(body),
            Some(web) => {
                let (form, head) = *web;
                within_limit(gateway::response(form, &head, &body).into())
            }
        }
    }

    /// It as it comes; that of a web handler begins with a prelude.
    pub(super) fn streamed(self) -> Body {
        match self.web {
            None => self.body,
            Some(web) => gateway::streamed(Response::from_parts(web.1, self.body)),
        }
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum NotWhole {
    /// The function does not know.
    TooLong(FunctionError),
    /// The function failed while it answered.
    Broken(FunctionError),
}

impl NotWhole {
    fn too_long() -> Self {
        Self::TooLong(FunctionError::response_too_large())
    }
}

fn within_limit(bytes: Bytes) -> Result<Bytes, NotWhole> {
    if bytes.len() > MAX_RESPONSE {
        return Err(NotWhole::too_long());
    }
    Ok(bytes)
}

/// A streamed response as a whole one.
async fn collect(stream: Body) -> Result<Bytes, NotWhole> {
    let limited = http_body_util::Limited::new(stream, MAX_RESPONSE);
    let collected = limited
        .collect()
        .await
        .map_err(|error| match error.downcast::<BodyError>() {
            Ok(error) => NotWhole::Broken((*error).into()),
            Err(_) => NotWhole::too_long(),
        });
    Ok(collected?.to_bytes())
}
