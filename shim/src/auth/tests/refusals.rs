//! Each way to be refused before the body is there.

use std::time::Duration;

use super::kit::{BODY, ID, PATH, SECRET, SIGNED, head, noon, verifier};
use crate::auth::{AuthError, Credentials, Verifier};

/// Why a request with these headers instead of the good ones is refused; `""` leaves one out.
fn refused(changes: &[(&str, &str)]) -> AuthError {
    let mut headers: Vec<_> = SIGNED.to_vec();
    headers.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    headers.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let refused = verifier().check_head(&head(PATH, &headers), noon());
    refused.expect_err("it must be refused")
}

fn incomplete(text: &str) -> AuthError {
    AuthError::Incomplete(text.to_owned())
}

/// The `Authorization` of the good request, with one part replaced.
fn authorization(part: &str, with: &str) -> AuthError {
    let changed = SIGNED[2].1.replace(part, with);
    assert_ne!(changed, SIGNED[2].1);
    refused(&[("authorization", &changed)])
}

#[test]
fn a_request_without_a_signature_is_missing_its_token() {
    let missing = refused(&[("authorization", "")]);
    assert_eq!(missing.code(), "MissingAuthenticationTokenException");
    assert_eq!(missing.message(), "Missing Authentication Token");
}

#[test]
fn an_unknown_key_is_not_recognised() {
    let unknown = authorization("AKIDEXAMPLE", "AKIDANOTHER");
    assert_eq!(unknown.code(), "UnrecognizedClientException");
    assert_eq!(
        unknown.message(),
        "The security token included in the request is invalid."
    );
    let token = refused(&[("x-amz-security-token", "nobody's")]);
    assert_eq!(token, AuthError::UnknownKey);
}

#[test]
fn temporary_keys_end() {
    let text = format!(
        "[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n\
         aws_session_token=token\naws_expiration=2026-11-20T12:00:01Z\n"
    );
    let credentials = Credentials::parse(&text).unwrap();
    let verifier = Verifier::new(credentials);
    let mut headers = SIGNED.to_vec();
    headers.push(("x-amz-security-token", "token"));
    let head = head(PATH, &headers);
    assert!(verifier.check_head(&head, noon()).is_ok());
    let later = verifier.check_head(&head, noon() + Duration::from_secs(1));
    let expired = later.unwrap_err();
    assert_eq!(expired.code(), "ExpiredTokenException");
    assert_eq!(
        expired.message(),
        "The security token included in the request is expired"
    );
}

#[test]
fn the_clock_may_differ_by_five_minutes() {
    let verifier = verifier();
    let head = head(PATH, &SIGNED);
    let seconds = Duration::from_secs;
    for now in [noon() - seconds(300), noon() + seconds(300)] {
        assert!(verifier.check(&head, BODY, now).is_ok());
    }
    let message = |now| verifier.check_head(&head, now).unwrap_err().message();
    assert_eq!(
        message(noon() + seconds(301)),
        "Signature expired: 20261120T120000Z is now earlier than 20261120T120001Z \
         (20261120T120501Z - 5 min.)"
    );
    assert_eq!(
        message(noon() - seconds(301)),
        "Signature not yet current: 20261120T120000Z is still later than 20261120T115959Z \
         (20261120T115459Z + 5 min.)"
    );
}

#[test]
fn each_part_of_the_header_is_required() {
    assert_eq!(
        authorization("Credential=", "Credentials="),
        incomplete("Authorization header requires 'Credential' parameter.")
    );
    assert_eq!(
        authorization("SignedHeaders=", "Headers="),
        incomplete("Authorization header requires 'SignedHeaders' parameter.")
    );
    let bare = incomplete(
        "Authorization header requires 'Credential' parameter. Authorization header requires \
         'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
    let other_scheme = [("authorization", "Bearer x"), ("x-amz-date", "")];
    assert_eq!(refused(&other_scheme), bare);
    assert_eq!(bare.code(), "IncompleteSignatureException");
    assert_eq!(
        authorization(", Signature=", ", Signature:"),
        incomplete(
            "'Signature:c328c8da1388cd9a5bca79b5c1d07d0a01f93235f18c7253402b797f92b54a21' not a \
             valid key=value pair (missing equal-sign) in Authorization header."
        )
    );
    assert_eq!(
        authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        incomplete("Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.")
    );
    assert_eq!(
        authorization("/aws4_request", ""),
        incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got 'AKIDEXAMPLE/20261120/us-east-1/lambda'"
        )
    );
    assert_eq!(
        refused(&[("x-amz-date", "today")]),
        incomplete(
            "Date must be in ISO-8601 'basic format'. Got 'today'. See \
             http://en.wikipedia.org/wiki/ISO_8601"
        )
    );
}

#[test]
fn each_part_of_a_presigned_url_is_required() {
    let refused = |query: &str| {
        let head = head(&format!("/?{query}"), &SIGNED[..1]);
        verifier().check_head(&head, noon()).unwrap_err()
    };
    assert_eq!(refused("X-Amz-Date=20261120T120000Z"), AuthError::Missing);
    assert_eq!(
        refused("X-Amz-Algorithm=x&X-Amz-Signature=y&X-Amz-Date=z"),
        incomplete(
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string \
             parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string \
             parameters."
        )
    );
    let all = "X-Amz-Credential=a/20261120/r/lambda/aws4_request&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=x&X-Amz-Date=20261120T120000Z&X-Amz-Algorithm=";
    assert_eq!(
        refused(&format!("{all}AWS4")),
        incomplete("Unsupported AWS 'algorithm': 'AWS4'.")
    );
    for wrong in ["0", "-1", "604801", "soon", ""] {
        let expires = refused(&format!("{all}AWS4-HMAC-SHA256&X-Amz-Expires={wrong}"));
        let text = "X-Amz-Expires must be a number of seconds from 1 to 604800, got ";
        assert_eq!(expires, incomplete(&format!("{text}'{wrong}'")));
    }
    assert_eq!(
        refused(&format!("{all}AWS4-HMAC-SHA256&X-Amz-Expires=604800")),
        AuthError::UnknownKey
    );
}

#[test]
fn the_scope_must_fit() {
    let out_of_scope = |text: &str| AuthError::OutOfScope(text.to_owned());
    let service = authorization("/lambda/", "/s3/");
    assert_eq!(service.code(), "InvalidSignatureException");
    assert_eq!(
        service,
        out_of_scope("Credential should be scoped to correct service: 'lambda'.")
    );
    assert_eq!(
        authorization("/aws4_request", "/aws5_request"),
        out_of_scope("Credential should be scoped with a valid terminator: 'aws4_request'.")
    );
    assert_eq!(
        authorization("/20261120/", "/20261119/"),
        out_of_scope(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '20261119' != '20261120', from '20261120T120000Z'."
        )
    );
    assert_eq!(
        authorization("=host;", "="),
        out_of_scope("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    );
}
