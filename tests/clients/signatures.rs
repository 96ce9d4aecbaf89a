//! Who may call.

use shim_testkit::{Value, json};

use crate::calls::{NAMES, from_f};
use crate::case::Case;
use crate::served::{Served, keys};

/// The [`keys`] with another secret.
pub(crate) fn wrong_keys() -> Value {
    let mut keys = keys();
    keys["secret"] = json!("not the secret");
    keys
}

pub(crate) fn cases(served: &Served) -> Vec<Case> {
    let mut cases = Vec::new();
    for name in NAMES {
        let case = Case::invoke(served, &format!("signed {name}"), name);
        cases.push(case.at(served.signed()).expect(from_f));
    }
    let f = |name: &str| Case::invoke(served, name, "f").at(served.signed());
    cases.extend([
        f("signed with a qualifier")
            .with("qualifier", "$LATEST")
            .expect(from_f),
        f("signed with all headers")
            .with("log", "Tail")
            .with("type", "RequestResponse")
            .with("tenant", "blue 1")
            .with("client_context", "{}")
            .expect(|answer| {
                answer.returned().says("log", "REPORT RequestId: ");
            }),
        f("not signed").with("keys", Value::Null).expect(|answer| {
            answer.refused(403, "MissingAuthenticationTokenException");
        }),
        f("wrong secret")
            .with("keys", wrong_keys())
            .expect(|answer| {
                answer.refused(403, "InvalidSignatureException").says(
                    "message",
                    "The request signature we calculated does not match",
                );
            }),
        f("unknown key")
            .with("keys", json!({ "id": "AKIDOTHER", "secret": "x" }))
            .expect(|answer| {
                answer
                    .refused(403, "UnrecognizedClientException")
                    .says("message", "The security token included in the request is");
            }),
    ]);
    cases
}

/// URLs that hold their signature, which only botocore makes.
pub(crate) fn presigned(served: &Served) -> Vec<Case> {
    let url =
        |name: &str, function: &str| Case::presigned(served, name, function).at(served.signed());
    vec![
        url("presigned", "f").with("payload", "").expect(|answer| {
            answer.has("error", Value::Null).has("status", 200);
            assert_eq!(answer.json("payload")["function_name"], "f");
        }),
        url("presigned alias", "f:PROD")
            .with("payload", "")
            .expect(|answer| {
                answer.has("error", Value::Null).has("version", "$LATEST");
            }),
        // The event was not signed.
        url("presigned without the event", "f").expect(|answer| {
            answer.refused(403, "InvalidSignatureException");
        }),
        url("presigned with a wrong secret", "f")
            .with("keys", wrong_keys())
            .with("payload", "")
            .expect(|answer| {
                answer.refused(403, "InvalidSignatureException");
            }),
    ]
}
