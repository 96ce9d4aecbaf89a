//! What AWS's own signer signs is verified, whatever the request.

use std::time::Duration;

use aws_credential_types::Credentials as Signer;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningParams,
    SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::Request;

use super::kit::{BODY, ID, SECRET, credentials, noon, verifier};
use super::noise::Noise;
use crate::auth::{AuthError, Verifier};

/// How a request is signed.
#[derive(Debug, Default)]
struct Way<'a> {
    token: Option<&'a str>,
    presigned: bool,
    with_content_hash: bool,
    /// Sign this instead of the hash of the body.
    instead_of_hash: Option<SignableBody<'a>>,
}

fn signed(mut request: Request<Vec<u8>>, way: Way<'_>) -> Request<Vec<u8>> {
    let identity = Signer::new(ID, SECRET, way.token.map(str::to_owned), None, "test").into();
    let mut settings = SigningSettings::default();
    if way.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
    }
    if way.with_content_hash {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("lambda")
        .time(noon())
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri = format!("http://localhost:81{}", request.uri());
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = way.instead_of_hash;
    let body = body.unwrap_or(SignableBody::Bytes(request.body()));
    let method = request.method().as_str();
    let signable = SignableRequest::new(method, uri, headers, body).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    // What goes over the wire in HTTP/1.1.
    request
        .headers_mut()
        .insert("host", "localhost:81".parse().unwrap());
    request
}

fn post(uri: &str) -> Request<Vec<u8>> {
    let request = Request::builder().method("POST").uri(uri);
    request.body(BODY.to_vec()).unwrap()
}

fn check(verifier: &Verifier, request: Request<Vec<u8>>) -> Result<(), AuthError> {
    let (head, body) = request.into_parts();
    verifier.check(&head, &body, noon()).map(drop)
}

#[test]
fn names_may_be_written_in_any_way() {
    for name in [
        "f",
        "f:PROD",
        "f%3APROD",
        "a=b",
        "arn:aws:lambda:r:1:function:f",
        "a~b%20c",
    ] {
        let uri = format!("/2015-03-31/functions/{name}/invocations?Qualifier=%24LATEST");
        check(&verifier(), signed(post(&uri), Way::default())).unwrap();
        let mut without_body = post(&uri);
        without_body.body_mut().clear();
        let presigned = Way {
            presigned: true,
            ..Way::default()
        };
        check(&verifier(), signed(without_body, presigned)).unwrap();
    }
}

#[test]
fn headers_may_repeat_and_hold_runs_of_spaces() {
    let mut request = post("/x");
    for value in ["one   two", "  three ", ""] {
        let value = value.parse().unwrap();
        request.headers_mut().append("x-amz-many", value);
    }
    check(&verifier(), signed(request, Way::default())).unwrap();
}

#[test]
fn a_signed_content_hash_must_be_that_of_the_body() {
    let with_hash = || Way {
        with_content_hash: true,
        ..Way::default()
    };
    let request = signed(post("/x"), with_hash());
    assert!(request.headers().contains_key("x-amz-content-sha256"));
    check(&verifier(), request.clone()).unwrap();
    let mut changed = request;
    changed.body_mut().push(b' ');
    let refused = check(&verifier(), changed);
    assert!(matches!(refused, Err(AuthError::WrongSignature { .. })));

    // Signed over the true hash, with another one in the header.
    let mut lying = post("/x");
    let hash = "0".repeat(64).parse().unwrap();
    lying.headers_mut().insert("x-amz-content-sha256", hash);
    let refused = check(&verifier(), signed(lying, Way::default()));
    assert!(matches!(refused, Err(AuthError::WrongSignature { .. })));
}

#[test]
fn an_unsigned_body_is_refused() {
    for with_content_hash in [false, true] {
        let way = Way {
            with_content_hash,
            instead_of_hash: Some(SignableBody::UnsignedPayload),
            ..Way::default()
        };
        let refused = check(&verifier(), signed(post("/x"), way));
        assert!(matches!(refused, Err(AuthError::WrongSignature { .. })));
    }
}

#[test]
fn a_session_token_is_checked() {
    let with = |token| Way {
        token,
        ..Way::default()
    };
    let verifier = Verifier::new(credentials(Some("the/token")));
    check(&verifier, signed(post("/x"), with(Some("the/token")))).unwrap();
    for other in [None, Some("another")] {
        let refused = check(&verifier, signed(post("/x"), with(other)));
        assert_eq!(refused, Err(AuthError::UnknownKey));
    }
}

#[test]
fn random_requests_are_verified() {
    let mut noise = Noise::new(7);
    for round in 0..2000 {
        let path = noise.text("a|b|/|.|..|:|=|%25|%C3%A9|~|@|!|$|&|'|(|)|*|+|,|;|-|_", 20);
        let query = noise.text("a|A|b|1|=|&|+|%20|%2F|%3d|%C3%A9|:|$|@|!|~|/|?|%z|%4z", 20);
        let uri = format!("/{path}?{query}");
        let mut request = post(&uri);
        *request.body_mut() = noise.text("{|}|:|1", 20).into_bytes();
        for name in ["x-amz-a", "x-b", "x-amz-a", "content-type"] {
            let value = noise.text("a| |b|,|;|=|\"", 12);
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let way = Way {
            token: None,
            presigned: noise.below(2) == 0,
            with_content_hash: noise.below(2) == 0,
            instead_of_hash: None,
        };
        let request = signed(request, way);
        let told = format!("round {round}: {:?}", request.uri());
        check(&verifier(), request).expect(&told);
    }
}
