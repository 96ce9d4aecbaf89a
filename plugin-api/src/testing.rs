//! Run a handler with its lifecycle in a unit test, without a host.
//!
//! ```
//! use plugin_api::{Error, handler, testing};
//!
//! #[handler]
//! async fn double(event: u32) -> Result<u32, Error> {
//!     event.checked_mul(2).ok_or_else(|| Error::new("TooLarge", event))
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let function = testing::Function::<double>::load()?;
//! assert_eq!(function.invoke::<u32>(&21)?, 42);
//! assert_eq!(function.invoke::<u32>(&u32::MAX).unwrap_err().name(), "TooLarge");
//! function.stop()?;
//! # Ok(())
//! # }
//! ```
//!
//! The name in the angle brackets is that of the function, or of the type that implements
//! [`Handler`](crate::Handler). The methods block the test's thread and may be called from several;
//! timers, sockets and tasks of the handler work, as under the shim.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use plugin_api_abi::fields::{Fields, FieldsWriter, tag};
use plugin_api_abi::glue::entry::{self, Entry, EntryError as _, ResponseBody};
use plugin_api_abi::glue::guard::Guard;
use plugin_api_abi::glue::instance::{Slot, Started};
use plugin_api_abi::glue::invocation::{Function as Settings, Invocation};
use plugin_api_abi::glue::{own_thread, runtime};
use plugin_api_abi::types::{FLAG_STATELESS, KIND_HTTP};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Body, Error};

/// A loaded handler. Instances are pooled as under the shim.
pub struct Function<E: Entry> {
    handler: Arc<E>,
    settings: &'static Settings,
    timeout: Option<Duration>,
    gateway_event: Option<String>,
    idle: Mutex<Vec<Arc<Slot<E>>>>,
}

/// Sets up a [`Function`].
pub struct Builder<E> {
    settings: Settings,
    timeout: Option<Duration>,
    gateway_event: Option<String>,
    entry: PhantomData<fn() -> E>,
}

impl<E: Entry<Error = Error>> Builder<E> {
    /// A setting of the function, as `--env NAME=VALUE`.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.vars.push((name.into(), value.into()));
        self
    }

    /// The name under which it is served; `test` by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// The deadline that each context shows. The handler is not ended when it passes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The JSON text that each context shows as
    /// [`gateway_event`](crate::Context::gateway_event); none by default, as over plain HTTP.
    #[must_use]
    pub fn gateway_event(mut self, json: impl Into<String>) -> Self {
        self.gateway_event = Some(json.into());
        self
    }

    /// Runs `init`.
    ///
    /// # Errors
    /// What `init` returned, or a panic in it.
    pub fn load(self) -> Result<Function<E>, Error> {
        // As under the shim: leaked, one for each load.
        let settings: &'static Settings = Box::leak(Box::new(self.settings));
        let handler = guarded(settings, async move { E::init(settings).await })?;
        Ok(Function {
            handler: Arc::new(handler),
            settings,
            timeout: self.timeout,
            gateway_event: self.gateway_event,
            idle: Mutex::default(),
        })
    }
}

impl<E: Entry<Error = Error>> Function<E> {
    /// Starts to set up a function.
    pub fn builder() -> Builder<E> {
        let settings = Settings {
            name: "test".into(),
            version: "$LATEST".into(),
            ..Settings::default()
        };
        Builder {
            settings,
            timeout: None,
            gateway_event: None,
            entry: PhantomData,
        }
    }

    /// Loads the handler without any settings: runs its `init`.
    ///
    /// # Errors
    /// What `init` returned, or a panic in it.
    pub fn load() -> Result<Self, Error> {
        Self::builder().load()
    }

    /// Invokes the handler with a JSON event and reads its JSON response.
    ///
    /// # Errors
    /// The handler's error; a panic is one named `Runtime.Panic`.
    pub fn invoke<R: DeserializeOwned>(&self, event: &impl Serialize) -> Result<R, Error> {
        let response = self.invoke_bytes(serde_json::to_vec(event)?)?;
        Ok(serde_json::from_slice(&response)?)
    }

    /// Invokes the handler with the bytes of an event and returns those of its response.
    ///
    /// # Errors
    /// As [`invoke`](Self::invoke).
    pub fn invoke_bytes(&self, event: impl Into<Bytes>) -> Result<Bytes, Error> {
        let fields = FieldsWriter::default();
        Ok(self.run(fields, event.into())?.body)
    }

    /// Sends a request to a web handler and collects its response.
    ///
    /// # Errors
    /// As [`invoke`](Self::invoke), or the handler's response was no HTTP response.
    pub fn request(
        &self,
        request: Request<impl Into<Bytes>>,
    ) -> Result<http::Response<Bytes>, Error> {
        let (head, body) = request.into_parts();
        let mut fields = FieldsWriter::default();
        fields.put(tag::METHOD, head.method.as_str().as_bytes());
        fields.put(tag::URI, head.uri.to_string().as_bytes());
        for (name, value) in &head.headers {
            fields.put(tag::HEADER_NAME, name.as_str().as_bytes());
            fields.put(tag::HEADER_VALUE, value.as_bytes());
        }
        let collected = self.run(fields, body.into())?;
        if collected.kind != KIND_HTTP {
            return Err(Error::new(
                "InvalidResponse",
                "the handler did not answer with an HTTP response",
            ));
        }
        let mut response = http::Response::new(collected.body);
        let mut name = None;
        for (found, value) in collected.fields.iter() {
            match found {
                tag::STATUS => {
                    let status = value.try_into().map(u16::from_le_bytes).unwrap_or_default();
                    *response.status_mut() = StatusCode::from_u16(status)?;
                }
                tag::HEADER_NAME => name = Some(HeaderName::from_bytes(value)?),
                tag::HEADER_VALUE => {
                    if let Some(name) = name.take() {
                        response
                            .headers_mut()
                            .append(name, HeaderValue::from_bytes(value)?);
                    }
                }
                _ => {}
            }
        }
        Ok(response)
    }

    /// Stops all instances.
    ///
    /// # Errors
    /// The first error that a `stop` returned; the other instances are stopped all the same.
    pub fn stop(self) -> Result<(), Error> {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let mut result = Ok(());
        for slot in idle {
            result = result.and(self.stop_one(slot));
        }
        result
    }

    fn stop_one(&self, slot: Arc<Slot<E>>) -> Result<(), Error> {
        let handler = self.handler.clone();
        guarded(self.settings, async move {
            match slot.take().await {
                Some(instance) => handler.stop(instance).await,
                None => Ok(()),
            }
        })
    }

    fn run(&self, mut fields: FieldsWriter, body: Bytes) -> Result<Collected, Error> {
        fields.put(tag::REQUEST_ID, b"00000000-0000-4000-8000-000000000000");
        fields.put_option(tag::GATEWAY_EVENT, self.gateway_event.as_deref());
        let deadline = self.timeout.map_or(0, |timeout| {
            let at = (SystemTime::now() + timeout).duration_since(UNIX_EPOCH);
            at.map_or(0, |at| u64::try_from(at.as_millis()).unwrap_or(u64::MAX))
        });
        let invocation = Invocation::new(self.settings, Fields::new(fields.finish()), deadline);
        let invocation = Arc::new(invocation);
        let (handler, of_run) = (self.handler.clone(), invocation.clone());

        if E::FLAGS & FLAG_STATELESS != 0 {
            let run = async move {
                let Some(mut instance) = E::stateless() else {
                    return Err(Error::new(
                        "Runtime.Internal",
                        "a stateless handler without ()",
                    ));
                };
                let request = request(&of_run, body);
                collect(handler.run(Ok(&mut instance), request).await?).await
            };
            return on_this_thread(invocation, || {}, run)?;
        }

        let slot = match self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
        {
            Some(slot) => slot,
            None => self.start(),
        };
        let (damaged, for_run) = (slot.clone(), slot.clone());
        let run = async move {
            let request = request(&of_run, body);
            collect(for_run.run(&handler, request).await?).await
        };
        let result = on_this_thread(invocation, move || damaged.mark_panicked(), run);
        if slot.is_poolable() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(slot);
        } else {
            // Drops what is left of it, behind the barrier.
            let _ = self.stop_one(slot);
        }
        result?
    }

    fn start(&self) -> Arc<Slot<E>> {
        let handler = self.handler.clone();
        let started = guarded(self.settings, async move { handler.start().await });
        Slot::new(match started {
            Ok(instance) => Started::Instance(instance),
            Err(error) => Started::Failed(Some(error)),
        })
    }
}

fn request(invocation: &Arc<Invocation>, body: Bytes) -> entry::Request<'_> {
    entry::Request {
        invocation: invocation.into(),
        body: body.into(),
        stream: None,
    }
}

/// A step of the lifecycle that belongs to no invocation.
fn guarded<T>(
    settings: &'static Settings,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let invocation = Invocation::new(settings, Fields::default(), 0);
    on_this_thread(Arc::new(invocation), || {}, step)?
}

/// Runs `step` behind the panic barrier, with the plugin's runtime entered, and waits for it.
fn on_this_thread<T>(
    invocation: Arc<Invocation>,
    on_panic: impl FnMut() + Unpin,
    step: impl Future<Output = T>,
) -> Result<T, Error> {
    let setup = runtime::Setup {
        threads: 2,
        stack_traces: false,
        lifecycle_inline: false,
        later: false,
    };
    runtime::attach(None, setup).map_err(Error::from_fault)?;
    let plugin = runtime::plugin().map_err(Error::from_fault)?;
    let _entered = plugin.handle.enter();
    let done = own_thread::block_on(Guard::new(step, invocation, on_panic));
    done.value.map_err(Error::from_fault)
}

/// A response, read to its end.
struct Collected {
    kind: u32,
    fields: Fields,
    body: Bytes,
}

async fn collect(response: entry::Response) -> Result<Collected, Error> {
    let body = match response.body {
        ResponseBody::Full(bytes) => bytes.into(),
        ResponseBody::Stream(chunks) => Body::from_chunks(chunks).bytes().await?,
    };
    Ok(Collected {
        kind: response.kind,
        fields: Fields::new(response.fields.finish()),
        body,
    })
}
