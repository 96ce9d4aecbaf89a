//! Requests that botocore signed.

use std::time::Duration;

use super::kit::{BODY, ID, PATH, SIGNED, credentials, head, noon, verifier};
use crate::auth::hash::sha256_hex;
use crate::auth::{AuthError, Verifier};

#[test]
fn a_signed_request_is_verified() {
    let identity = verifier().check(&head(PATH, &SIGNED), BODY, noon());
    assert_eq!(identity.unwrap().access_key_id, ID);
}

#[test]
fn a_wrong_signature_tells_what_should_have_been_signed() {
    let mut headers = SIGNED;
    let wrong = headers[2].1.replace("c328", "c329");
    headers[2].1 = &wrong;
    let refused = verifier().check(&head(PATH, &headers), BODY, noon());
    let refused = refused.unwrap_err();
    let canonical = "POST\n/2015-03-31/functions/my-fn%253Av1/invocations\nQualifier=%24LATEST\n\
        host:127.0.0.1:9001\nx-amz-date:20261120T120000Z\n\nhost;x-amz-date\n\
        015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
    let hash = "8efd54b79cd66c594d4e6362a35083d2266ecb458f532bc3980ebab9a9de7b5c";
    assert_eq!(sha256_hex(canonical.as_bytes()), hash);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n20261120T120000Z\n20261120/us-east-1/lambda/aws4_request\n{hash}"
    );
    assert_eq!(refused.code(), "InvalidSignatureException");
    assert_eq!(refused.status(), 403);
    assert_eq!(
        refused.message(),
        format!(
            "The request signature we calculated does not match the signature you provided. Check \
             your AWS Secret Access Key and signing method. Consult the service documentation for \
             details.\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n\
             The String-to-Sign should have been\n'{to_sign}'\n"
        )
    );
}

#[test]
fn any_change_of_what_is_signed_is_seen() {
    let verifier = verifier();
    let refused = |uri: &str, headers: &[(&str, &str)], body: &[u8]| {
        let refused = verifier.check(&head(uri, headers), body, noon());
        matches!(refused, Err(AuthError::WrongSignature { .. }))
    };
    assert!(!refused(PATH, &SIGNED, BODY));
    assert!(refused(PATH, &SIGNED, b""));
    assert!(refused(PATH, &SIGNED, br#"{"a":2}"#));
    assert!(refused(&PATH.replace("my-fn", "my-fm"), &SIGNED, BODY));
    assert!(refused(&PATH.replace("LATEST", "OLDEST"), &SIGNED, BODY));
    assert!(refused(&format!("{PATH}&x=y"), &SIGNED, BODY));
    let mut elsewhere = SIGNED;
    elsewhere[0].1 = "127.0.0.1:9002";
    assert!(refused(PATH, &elsewhere, BODY));
    let mut cut = SIGNED;
    cut[2].1 = &SIGNED[2].1[..SIGNED[2].1.len() - 1];
    assert!(refused(PATH, &cut, BODY));
}

#[test]
fn http2_has_its_host_in_the_authority() {
    let uri = format!("http://127.0.0.1:9001{PATH}");
    let accepted = verifier().check(&head(&uri, &SIGNED[1..]), BODY, noon());
    assert!(accepted.is_ok());
}

#[test]
fn the_date_may_be_in_the_date_header() {
    let authorization = "AWS4-HMAC-SHA256 \
        Credential=AKIDEXAMPLE/20261120/us-east-1/lambda/aws4_request, SignedHeaders=date;host, \
        Signature=3a7221e386ad62cc251f26b6389f0f01e1349a703871acd154cea9189448dd98";
    let headers = [
        SIGNED[0],
        ("date", "Fri, 20 Nov 2026 12:00:00 -0000"),
        ("authorization", authorization),
    ];
    assert!(
        verifier()
            .check(&head(PATH, &headers), BODY, noon())
            .is_ok()
    );
}

const PRESIGNED: &str = "&X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIDEXAMPLE%2F20261120%2Fus-east-1%2Flambda%2Faws4_request\
    &X-Amz-Date=20261120T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host";

#[test]
fn a_presigned_url_is_good_for_as_long_as_it_says() {
    let verifier = verifier();
    let uri = format!(
        "{PATH}{PRESIGNED}\
         &X-Amz-Signature=d49c6fdd0a19c409f9ea63f52c1d3fdc67ff4d147b83b69ed00d6a9ecfac8a58"
    );
    let head = head(&uri, &SIGNED[..1]);
    let at = |seconds| verifier.check(&head, b"", noon() + Duration::from_secs(seconds));
    assert_eq!(at(0).unwrap().access_key_id, ID);
    assert!(at(900).is_ok());
    assert_eq!(
        at(901).unwrap_err().message(),
        "Signature expired: 20261120T120000Z is now earlier than 20261120T120001Z \
         (20261120T121501Z - 15 min.)"
    );
    let early = verifier.check(&head, b"", noon() - Duration::from_secs(301));
    assert!(matches!(early, Err(AuthError::NotYetCurrent { .. })));
}

#[test]
fn a_body_that_was_not_signed_with_the_url_is_refused() {
    let uri = format!(
        "{PATH}{PRESIGNED}\
         &X-Amz-Signature=d49c6fdd0a19c409f9ea63f52c1d3fdc67ff4d147b83b69ed00d6a9ecfac8a58"
    );
    let refused = verifier().check(&head(&uri, &SIGNED[..1]), BODY, noon());
    assert!(matches!(refused, Err(AuthError::WrongSignature { .. })));
}

#[test]
fn a_presigned_url_carries_its_session_token() {
    let uri = format!(
        "{PATH}{PRESIGNED}&X-Amz-Security-Token=the%2Ftoken%3D%3D\
         &X-Amz-Signature=13756d6314821cec60c2b3a9b58bf74d5c69949d4c9d4bc6d12bcaaed763ae5b"
    );
    let head = head(&uri, &SIGNED[..1]);
    let verifier = |token| Verifier::new(credentials(token));
    assert!(
        verifier(Some("the/token=="))
            .check(&head, b"", noon())
            .is_ok()
    );
    for other in [None, Some("another")] {
        let refused = verifier(other).check(&head, b"", noon());
        assert_eq!(refused, Err(AuthError::UnknownKey));
    }
}
