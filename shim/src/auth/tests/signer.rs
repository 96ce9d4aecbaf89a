//! What our own signer signs is what AWS's signs, and is verified.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::request::Parts;

use super::kit::{AUTHORIZATION, BODY, ID, PATH, SECRET, credentials, head, noon, verifier};
use super::noise::Noise;
use crate::auth::{AuthError, SignError, Signer, Verifier};

fn signer(token: Option<&str>, region: &str) -> Signer {
    let signer = Signer::from_variables(Some(ID), Some(SECRET), token, region);
    signer.unwrap().unwrap()
}

/// The `Authorization` that AWS's own signer makes for this request.
fn by_aws(parts: &Parts, body: &[u8], token: Option<&str>) -> String {
    let identity = Credentials::new(ID, SECRET, token.map(str::to_owned), None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("lambda")
        .time(noon())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let uri = format!("http://localhost:81{}", parts.uri);
    let headers = parts.headers.iter().filter(|(name, _)| *name != "host");
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = SignableBody::Bytes(body);
    let request = SignableRequest::new(parts.method.as_str(), uri, headers, body).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let mut lines = instructions.headers();
    let (_, value) = lines.find(|(name, _)| *name == "authorization").unwrap();
    value.to_owned()
}

#[test]
fn it_signs_as_botocore_does() {
    let mut parts = head(PATH, &[("host", "127.0.0.1:9001")]);
    signer(None, "us-east-1")
        .sign(&mut parts, BODY, noon())
        .unwrap();
    assert_eq!(parts.headers["authorization"], AUTHORIZATION);
    assert_eq!(parts.headers["x-amz-date"], "20261120T120000Z");
}

#[test]
fn random_requests_are_signed_as_by_aws_and_verified() {
    let mut noise = Noise::new(11);
    for round in 0..500 {
        let path = noise.text("a|b|/|.|..|:|=|%25|%C3%A9|~|@|!|$|&|(|)|*|+|,|;|-|_", 20);
        let query = noise.text("a|A|b|1|=|&|+|%20|%2F|%C3%A9|:|$|@|~|/", 20);
        let context = noise.text("a| |b|,|=", 12);
        let body = noise.text("{|}|:|1", 20);
        let token = (noise.below(2) == 0).then_some("the/token==");
        let headers = [
            ("host", "localhost:81"),
            ("content-type", "application/json"),
            ("x-amz-client-context", context.as_str()),
        ];
        let unsigned = head(&format!("/{path}?{query}"), &headers);
        let expected = by_aws(&unsigned, body.as_bytes(), token);
        let mut parts = unsigned;
        let signer = signer(token, "eu-central-1");
        signer.sign(&mut parts, body.as_bytes(), noon()).unwrap();
        let told = format!("round {round}: {:?}", parts.uri);
        assert_eq!(parts.headers["authorization"], expected, "{told}");
        let verifier = Verifier::new(credentials(token));
        verifier
            .check(&parts, body.as_bytes(), noon())
            .expect(&told);
    }
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let mut parts = head(PATH, &[("host", "h"), ("x-amz-tenant-id", "blue")]);
    signer(None, "us-east-1")
        .sign(&mut parts, BODY, noon())
        .unwrap();
    verifier().check(&parts, BODY, noon()).unwrap();
    parts
        .headers
        .insert("x-amz-tenant-id", "red".parse().unwrap());
    let refused = verifier().check(&parts, BODY, noon());
    assert!(matches!(refused, Err(AuthError::WrongSignature { .. })));
}

#[test]
fn half_a_key_and_damaged_ones_are_told() {
    let of = |id, secret| Signer::from_variables(id, secret, None, "r");
    assert!(of(None, None).unwrap().is_none());
    assert!(of(Some(""), Some("")).unwrap().is_none());
    assert!(of(Some(ID), None).is_err());
    let mut parts = head(PATH, &[("host", "h")]);
    let broken = of(Some("A\nB"), Some(SECRET)).unwrap().unwrap();
    let variable = "AWS_ACCESS_KEY_ID";
    let refused = broken.sign(&mut parts, BODY, noon());
    assert_eq!(refused, Err(SignError::NoHeader { variable }));
    let variable = "AWS_SESSION_TOKEN";
    let refused = signer(Some("a\nb"), "r").sign(&mut parts, BODY, noon());
    assert_eq!(refused, Err(SignError::NoHeader { variable }));
    assert!(!format!("{:?}", signer(Some("token"), "r")).contains(SECRET));
}
