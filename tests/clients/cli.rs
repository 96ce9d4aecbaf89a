//! The AWS CLI: `aws lambda invoke`, in both versions that people use.

use std::fs;
use std::thread;

use shim_testkit::{Command, Finished, Value, json};

use crate::environment::Client;
use crate::served::{Served, keys};
use crate::signatures::wrong_keys;

/// The CLI's major version. They differ in how they take a payload and in what they print.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Calls with the AWS CLI. Each is a process of its own.
struct Cli<'a> {
    aws: &'a Client,
    version: Version,
    served: Served,
}

/// What a call has printed and written.
struct Done {
    finished: Finished,
    file: Option<String>,
}

pub(crate) fn check(aws: &Client, version: Version) {
    let cli = Cli {
        aws,
        version,
        served: Served::start(),
    };
    let checks: [fn(&Cli<'_>); 9] = [
        |cli| cli.prints_what_the_api_answers(),
        |cli| cli.takes_an_arn_from_the_environment(),
        |cli| cli.asks_without_signature(),
        |cli| cli.signs(),
        |cli| cli.signs_wrongly(),
        |cli| cli.shows_a_functions_error(),
        |cli| cli.shows_an_error_of_the_api(),
        |cli| cli.sends_events(),
        |cli| cli.shows_the_log(),
    ];
    thread::scope(|scope| {
        for check in checks {
            let cli = &cli;
            scope.spawn(move || check(cli));
        }
    });
    assert_eq!(cli.served.runs("counted", "cli-fail"), 1);
}

impl Cli<'_> {
    /// `aws lambda`, with an access key in its variables.
    fn lambda(&self, keys: &Value) -> Command {
        let aws = self
            .aws
            .command()
            .env("AWS_ACCESS_KEY_ID", keys["id"].as_str().unwrap())
            .env("AWS_SECRET_ACCESS_KEY", keys["secret"].as_str().unwrap());
        let aws = match self.version {
            Version::One => aws,
            // Version 2 takes base64 unless it is told otherwise, and shows results in a pager.
            Version::Two => aws
                .env("AWS_PAGER", "")
                .arg("--cli-binary-format", "raw-in-base64-out"),
        };
        aws.word("lambda")
    }

    /// `aws lambda invoke`, whose response goes to a file of this name.
    fn invoke(&self, endpoint: &str, file: &str, words: &[&str]) -> Done {
        self.run(
            self.lambda(&keys()).arg("--endpoint-url", endpoint),
            file,
            words,
        )
    }

    fn run(&self, lambda: Command, file: &str, words: &[&str]) -> Done {
        let path = self.aws.folder().join(file);
        let finished = lambda.word("invoke").words(words).word(&path).run();
        let file = fs::read_to_string(path).ok();
        Done { finished, file }
    }

    fn prints_what_the_api_answers(&self) {
        let words = ["--function-name", "f:PROD", "--payload", r#"{"a":1}"#];
        let done = self.invoke(&self.served.open(), "plain.json", &words);
        let printed = json!({ "StatusCode": 200, "ExecutedVersion": "$LATEST" });
        done.prints(&printed).wrote_from_f();
    }

    fn takes_an_arn_from_the_environment(&self) {
        let (lambda, endpoint) = (self.lambda(&keys()), self.served.based());
        let lambda = match self.version {
            Version::One => lambda.env("AWS_ENDPOINT_URL_LAMBDA", endpoint),
            // Version 2 reads the variable from 2.13 on; what systems have may be older.
            Version::Two => lambda.arg("--endpoint-url", endpoint),
        };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let words = ["--function-name", arn, "--qualifier", "$LATEST"];
        let done = self.run(lambda, "environment.json", &words);
        done.finished.expect_code(0);
        done.wrote_from_f();
    }

    fn asks_without_signature(&self) {
        let words = ["--function-name", "f", "--no-sign-request"];
        let done = self.invoke(&self.served.open(), "unsigned.json", &words);
        done.finished.expect_code(0);
        done.wrote_from_f();
    }

    fn signs(&self) {
        let words = ["--function-name", "f:PROD"];
        let done = self.invoke(&self.served.signed(), "signed.json", &words);
        done.finished.expect_code(0);
        done.wrote_from_f();
    }

    fn signs_wrongly(&self) {
        let endpoint = self.served.signed();
        let lambda = self.lambda(&wrong_keys()).arg("--endpoint-url", endpoint);
        let done = self.run(lambda, "wrong.json", &["--function-name", "f"]);
        done.fails_with("InvalidSignatureException");
    }

    fn shows_a_functions_error(&self) {
        let event = r#"{"run":"cli-fail","end":"fail"}"#;
        let words = ["--function-name", "counted", "--payload", event];
        let done = self.invoke(&self.served.open(), "failed.json", &words);
        done.prints(&json!({
            "StatusCode": 200,
            "FunctionError": "Unhandled",
            "ExecutedVersion": "$LATEST",
        }));
        assert_eq!(done.json()["errorType"], "Told");
    }

    fn shows_an_error_of_the_api(&self) {
        let words = ["--function-name", "nobody"];
        let done = self.invoke(&self.served.open(), "nobody.json", &words);
        done.fails_with("(ResourceNotFoundException)");
    }

    fn sends_events(&self) {
        for (kind, status) in [("Event", 202), ("DryRun", 204)] {
            let words = ["--function-name", "f", "--invocation-type", kind];
            let done = self.invoke(&self.served.open(), &format!("{kind}.json"), &words);
            done.prints(&json!({ "StatusCode": status }));
            assert_eq!(done.file.as_deref(), Some(""));
        }
    }

    fn shows_the_log(&self) {
        let words = [
            "--function-name",
            "logs",
            "--payload",
            r#"{"tag":"x"}"#,
            "--log-type",
            "Tail",
            "--query",
            "LogResult",
            "--output",
            "text",
        ];
        let done = self.invoke(&self.served.open(), "log.json", &words);
        done.finished.expect_code(0);
        // In base64: "START RequestId: " and more.
        done.finished.expect_stdout("U1RBUlQgUmVxdWVzdElkOi");
    }
}

impl Done {
    fn prints(&self, printed: &Value) -> &Self {
        self.finished.expect_code(0);
        assert_eq!(&self.finished.json(), printed, "{}", self.finished.stderr());
        self
    }

    /// What was written to the file.
    fn json(&self) -> Value {
        let text = self.file.as_deref().expect("a file");
        serde_json::from_str(text).expect("JSON")
    }

    fn wrote_from_f(&self) {
        assert_eq!(self.json()["function_name"], "f");
    }

    fn fails_with(&self, error: &str) {
        assert_ne!(self.finished.code(), 0);
        self.finished.expect_stderr(error);
    }
}
