//! The AWS CLI, keys and region.

use std::path::PathBuf;

use super::finding::Finding;
use super::here::{Here, read};

/// What variables say of AWS, and what is installed.
#[derive(Default)]
struct Aws {
    cli: Option<PathBuf>,
    key: bool,
    secret: bool,
    token: bool,
    region: Option<String>,
    default_region: Option<String>,
    /// The CLI's own file names a region.
    configured_region: bool,
    /// A Runtime API is named, though this is not Lambda.
    runtime_api: Option<String>,
}

pub(super) fn look(here: &Here) -> Vec<Finding> {
    let text = |name: &str| here.text(name).map(str::to_owned);
    let set = |name: &str| here.variables.get(name).is_some();
    let file = here
        .variables
        .get("AWS_CONFIG_FILE")
        .map(|path| here.path(path));
    let file = file.or_else(|| here.home(".aws/config")).and_then(read);
    let aws = Aws {
        cli: here.find("aws"),
        key: set("AWS_ACCESS_KEY_ID"),
        secret: set("AWS_SECRET_ACCESS_KEY"),
        token: set("AWS_SESSION_TOKEN"),
        region: text("AWS_REGION"),
        default_region: text("AWS_DEFAULT_REGION"),
        configured_region: file.is_some_and(|file| {
            let mut lines = file.lines();
            lines.any(|line| line.split('=').next().map(str::trim) == Some("region"))
        }),
        runtime_api: text("AWS_LAMBDA_RUNTIME_API").filter(|_| !set("LAMBDA_TASK_ROOT")),
    };
    aws.judge()
}

impl Aws {
    fn judge(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        match (self.key, self.secret) {
            (true, false) => findings.push(half("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
            (false, true) => findings.push(half("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
            (false, false) if self.token => findings.push(half(
                "AWS_SESSION_TOKEN",
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )),
            _ => {}
        }
        let region = self.region.as_deref().or(self.default_region.as_deref());
        match (&self.region, &self.default_region) {
            (Some(one), Some(other)) if one != other => findings.push(Finding::warn(
                format!("AWS_REGION is {one} and AWS_DEFAULT_REGION is {other}: some tools take the one, some the other"),
                format!("`export AWS_DEFAULT_REGION={one}`"),
            )),
            (None, None) if self.key && self.secret && !self.configured_region => {
                findings.push(Finding::warn(
                    "there are keys and no region: `aws` and the SDKs ask for one",
                    "`export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1`, or yours",
                ));
            }
            _ => {}
        }
        if let Some(address) = &self.runtime_api {
            findings.push(Finding::warn(
                format!(
                    "AWS_LAMBDA_RUNTIME_API is {address}: `shim` without a command runs as in AWS \
                     Lambda, and serves nothing"
                ),
                "`unset AWS_LAMBDA_RUNTIME_API`, or say `shim serve …`",
            ));
        }
        if findings.is_empty() {
            let cli = match &self.cli {
                Some(path) => path.display().to_string(),
                None => {
                    "no `aws`, which only the commands that `shim package` prints need".to_owned()
                }
            };
            let keys = match self.key {
                true => "keys in variables",
                false => "no keys in variables",
            };
            let region = region.map_or("no region in variables".to_owned(), |region| {
                format!("region {region}")
            });
            findings.push(Finding::ok(format!("{cli}; {keys}; {region}")));
        }
        findings
    }
}

fn half(set: &str, missing: &str) -> Finding {
    Finding::fail(
        format!("{set} is set, and {missing} is not: nothing can be signed"),
        format!("set both, or `unset {set}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::doctor::Finding;
    use crate::doctor::Verdict::{Fail, Warn};
    use crate::doctor::testing::{Place, expect, expect_ok};

    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
    ];

    fn found(variables: &[(&str, &str)]) -> Vec<Finding> {
        look(&Place::new().here(variables))
    }

    #[test]
    fn nothing_of_aws_is_well_and_so_is_all_of_it() {
        expect_ok(&found(&[]), "no `aws`, which only");
        let place = Place::new();
        let aws = place.program("bin/aws", "exit 1");
        let all = [
            KEYS[0],
            KEYS[1],
            ("AWS_REGION", "eu-west-1"),
            ("PATH", "bin"),
        ];
        let found = look(&place.here(&all));
        let text = format!("{}; keys in variables; region eu-west-1", aws.display());
        expect_ok(&found, &text);
        let said = format!("{found:?}");
        assert!(
            !KEYS.iter().any(|(_, value)| said.contains(value)),
            "{said}"
        );
    }

    #[test]
    fn half_of_a_key_is_told() {
        for (set, missing) in [(0, 1), (1, 0)] {
            let text = format!("{} is not", KEYS[missing].0);
            let fix = format!("`unset {}`", KEYS[set].0);
            expect(&found(&[KEYS[set]]), Fail, &text, &fix);
        }
        let token = found(&[("AWS_SESSION_TOKEN", "x")]);
        expect(
            &token,
            Fail,
            "AWS_SESSION_TOKEN is set",
            "unset AWS_SESSION_TOKEN",
        );
    }

    #[test]
    fn keys_need_a_region() {
        expect(&found(&KEYS), Warn, "no region", "export AWS_REGION");
        let place = Place::new();
        place.file(".aws/config", "[default]\nregion = eu-west-1\n");
        expect_ok(
            &look(&place.here(&[KEYS[0], KEYS[1], ("HOME", ".")])),
            "keys in",
        );
        let two = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ];
        expect(
            &found(&two),
            Warn,
            "us-east-1",
            "`export AWS_DEFAULT_REGION=eu-west-1`",
        );
    }

    #[test]
    fn a_runtime_api_outside_of_lambda_is_told() {
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        expect(
            &found(&[api]),
            Warn,
            "127.0.0.1:9001",
            "unset AWS_LAMBDA_RUNTIME_API",
        );
        expect_ok(
            &found(&[api, ("LAMBDA_TASK_ROOT", "/var/task")]),
            "no `aws`",
        );
    }
}
