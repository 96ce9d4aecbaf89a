//! A request to change, and the verifier of one known caller.

use std::time::{Duration, SystemTime};

use http::Request;
use http::request::Parts;

use crate::auth::{AuthError, Credentials, Identity, Verifier};

pub(super) const ID: &str = "AKIDEXAMPLE";
pub(super) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(super) const PATH: &str = "/2015-03-31/functions/my-fn%3Av1/invocations?Qualifier=%24LATEST";
pub(super) const BODY: &[u8] = br#"{"a":1}"#;
pub(super) const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 \
    Credential=AKIDEXAMPLE/20261120/us-east-1/lambda/aws4_request, \
    SignedHeaders=host;x-amz-date, \
    Signature=c328c8da1388cd9a5bca79b5c1d07d0a01f93235f18c7253402b797f92b54a21";

/// 2026-11-20T12:00:00Z.
pub(super) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_176_000)
}

pub(super) fn credentials(token: Option<&str>) -> Credentials {
    Credentials::from_variables(Some(ID), Some(SECRET), token)
        .unwrap()
        .unwrap()
}

pub(super) fn verifier() -> Verifier {
    Verifier::new(credentials(None))
}

/// The head of a request for `uri`.
pub(super) fn head(uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method("POST").uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// The headers of the request that botocore signed.
pub(super) const SIGNED: [(&str, &str); 3] = [
    ("host", "127.0.0.1:9001"),
    ("x-amz-date", "20261120T120000Z"),
    ("authorization", AUTHORIZATION),
];

impl Verifier {
    /// Head and body at once.
    pub(super) fn check(
        &self,
        head: &Parts,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Identity, AuthError> {
        self.check_head(head, now)?.check_body(body)
    }
}
