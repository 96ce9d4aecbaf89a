//! The waist of the hourglass: what every frontend makes and every engine takes.
//!
//! No I/O, no unsafe, no wire format. A frontend turns bytes into an [`Invocation`]; an engine
//! turns an [`Invocation`] into an [`Outcome`]; the frontend turns that into bytes again.

mod body;
mod document;
mod error;
mod invoke;
pub mod json;
mod random;
mod request_id;
mod target;
pub mod thread;

pub use body::{Body, BodyError, BoxBody};
pub use document::MAX_ERROR;
pub use error::{ErrorKind, FunctionError, MAX_RESPONSE, Refusal};
pub use invoke::{Accepts, Answer, Caller, Invocation, Invoke, Outcome, Payload};
pub use request_id::RequestId;
pub use target::{Home, LATEST, Target, TargetError, Violation, is_alias, is_name, is_version};
