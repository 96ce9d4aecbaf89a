//! Who calls: verification of AWS Signature Version 4, as AWS Lambda's API asks for it.
//!
//! A [`Verifier`] holds the [`Credentials`] of those who may call. It looks at a request's head
//! before the body is read ([`Verifier::check_head`]) and at the body afterwards
//! ([`Pending::check_body`]). Both ways of signing are understood: the `Authorization` header and
//! the query parameters of a presigned URL. An [`AuthError`] carries code, status and text of the
//! answer; how that is rendered is the frontend's business. A [`Signer`] is the caller's end.
//!
//! What is signed:
//!
//! - The path as it was received, encoded once more, without `.`, `..` and empty segments.
//! - The query, decoded, encoded and sorted, without `X-Amz-Signature`.
//! - The headers that the caller lists; `host` must be among them (for HTTP/2 the `:authority`).
//! - The SHA-256 of the body that came, always. `UNSIGNED-PAYLOAD` is refused, as Lambda has no
//!   operation with an unsigned body, and a body sent to a presigned URL must have been signed.

mod canonical;
mod claim;
mod credentials;
mod date;
mod error;
mod hash;
mod profiles;
mod sign;
#[cfg(test)]
mod tests;
mod verify;

pub use credentials::{Credentials, CredentialsError};
pub use date::AmzDate;
pub use error::AuthError;
pub use sign::{SignError, Signer};
pub use verify::{Identity, Pending, Verifier};
