//! The words of the Runtime API, version 2018-06-01: paths, headers, content types.

/// What all paths begin with.
pub const BASE: &str = "/2018-06-01/runtime";

/// `GET`: the next invocation, after [`BASE`].
pub const NEXT: &str = "/invocation/next";

/// `POST`: the runtime could not be set up, after [`BASE`].
pub const INIT_ERROR: &str = "/init/error";

/// `GET`: waits until a snapshot is restored, after [`BASE`].
pub const RESTORE_NEXT: &str = "/restore/next";

/// `POST`: what has to be done after a restore failed, after [`BASE`].
pub const RESTORE_ERROR: &str = "/restore/error";

/// What paths of the Extensions API begin with.
pub const EXTENSIONS: &str = "/2020-01-01/extension";

/// The request id of an invocation.
pub const REQUEST_ID: &str = "lambda-runtime-aws-request-id";

/// Its deadline, in milliseconds since 1970.
pub const DEADLINE: &str = "lambda-runtime-deadline-ms";

/// The ARN that was invoked, with the qualifier that was used.
pub const ARN: &str = "lambda-runtime-invoked-function-arn";

/// The trace header of the caller.
pub const TRACE_ID: &str = "lambda-runtime-trace-id";

/// The client context: JSON text.
pub const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";

/// The Cognito identity: JSON text.
pub const COGNITO_IDENTITY: &str = "lambda-runtime-cognito-identity";

/// The tenant.
pub const TENANT_ID: &str = "lambda-runtime-aws-tenant-id";

/// Unique for each delivery of an invocation; a runtime sends it back with its answer.
pub const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

/// The identifier of an extension.
pub const EXTENSION_ID: &str = "lambda-extension-identifier";

/// The category of an error, `Runtime.…` or `Function.…`.
pub const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// An error as X-Ray is told of it: JSON.
pub const XRAY_CAUSE: &str = "lambda-runtime-function-xray-error-cause";

/// The trailer with an error's document, in base64.
pub const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// `streaming`, where a response is.
pub const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// The content type of error documents.
pub const ERROR_CONTENT_TYPE: &str = "application/vnd.aws.lambda.error+json";

/// The largest document of an error in the trailers of a stream, in bytes. With all that stands
/// around it, in base64, it has to fit into 4 KiB: servers in Go, as Lambda's is, read no more, and
/// take the stream for one that was cut off.
pub const MAX_TRAILING_ERROR: usize = 2700;

/// The longest word of a category, in bytes.
const MAX_WORD: usize = 200;

/// The category under which Lambda counts an error of this name: the name itself where it is one
/// (`Runtime.…`, `Function.…`, letters only, not too many of them), else made from it.
pub fn error_category(name: &str) -> String {
    let is_word = |word: &str| {
        (2..=MAX_WORD).contains(&word.len())
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let (prefix, word) = name.split_once('.').unwrap_or(("Function", name));
    match (prefix, is_word(word)) {
        ("Runtime" | "Function", true) => format!("{prefix}.{word}"),
        ("Runtime", false) => "Runtime.Unknown".to_owned(),
        _ => "Function.Unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::error_category;

    #[test]
    fn a_category_is_what_lambda_can_count() {
        for (name, category) in [
            ("Runtime.Panic", "Runtime.Panic"),
            (
                "Function.ResponseSizeTooLarge",
                "Function.ResponseSizeTooLarge",
            ),
            ("OutOfStock", "Function.OutOfStock"),
            ("Sandbox.Timedout", "Function.Unknown"),
            ("Runtime.", "Runtime.Unknown"),
            ("Runtime.a b\r\nx: y", "Runtime.Unknown"),
            ("my_crate::Error", "Function.Unknown"),
            ("", "Function.Unknown"),
        ] {
            assert_eq!(error_category(name), category, "{name:?}");
        }
        assert_eq!(error_category(&"A".repeat(1000)), "Function.Unknown");
    }
}
