//! What was written, and what to type next.

use std::fmt::Write as _;

use serde::Serialize;

use crate::package::{MAX_DIRECT, Package, Plan};

/// The longest name of a function.
const MAX_NAME: usize = 64;

/// All there is to say of a package.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    output: String,
    size: u64,
    unpacked: u64,
    code_sha256: String,
    function: String,
    runtime: &'static str,
    architecture: &'static str,
    /// The handler to deploy, or the first of several.
    handler: String,
    other_handlers: Vec<String>,
    entries: Vec<EntryReport>,
    warnings: Vec<String>,
    next: Next,
}

#[derive(Debug, Serialize)]
struct EntryReport {
    name: String,
    mode: String,
    size: u64,
    packed: u64,
}

/// Commands to type, each for itself.
#[derive(Debug, Serialize)]
struct Next {
    /// For a zip that is too large to be sent with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<String>,
    create: String,
    update: String,
    sam: String,
}

/// The plan's warnings, and one if the zip has to go a longer way.
pub(super) fn warnings(plan: &Plan, package: &Package) -> Vec<String> {
    let mut warnings: Vec<_> = plan.warnings.iter().map(ToString::to_string).collect();
    if package.size > MAX_DIRECT {
        warnings.push(format!(
            "{} has {} bytes, Lambda takes {MAX_DIRECT} in a request: upload it to S3 first",
            package.output.display(),
            package.size
        ));
    }
    warnings
}

impl Report {
    /// `name` is the function's, if one was given; else it is called as the plugin is.
    pub(super) fn new(
        plan: &Plan,
        package: &Package,
        name: Option<&str>,
        warnings: Vec<String>,
    ) -> Self {
        let mut handlers = plan.handlers.iter().cloned();
        let handler = handlers.next().unwrap_or_default();
        let function = function_name(name.unwrap_or(&plan.name));
        let output = package.output.display().to_string();
        let mut report = Self {
            output,
            size: package.size,
            unpacked: package.unpacked(),
            code_sha256: package.sha256.clone(),
            function,
            runtime: plan.os.runtime(),
            architecture: plan.arch.name(),
            handler,
            other_handlers: handlers.collect(),
            entries: Vec::new(),
            warnings,
            next: Next {
                upload: None,
                create: String::new(),
                update: String::new(),
                sam: String::new(),
            },
        };
        report
            .entries
            .extend(package.entries.iter().map(|entry| EntryReport {
                name: entry.name.clone(),
                mode: format!("{:04o}", entry.mode),
                size: entry.size,
                packed: entry.packed,
            }));
        report.next = report.next();
        report
    }

    fn next(&self) -> Next {
        let Self {
            function,
            runtime,
            architecture,
            handler,
            ..
        } = self;
        let key = format!("{function}.zip");
        let (upload, for_create, for_update) = if self.size > MAX_DIRECT {
            let file = word(&self.output);
            (
                Some(format!("aws s3 cp {file} s3://BUCKET/{key}")),
                format!("--code S3Bucket=BUCKET,S3Key={key}"),
                format!("--s3-bucket BUCKET --s3-key {key}"),
            )
        } else {
            let file = format!("--zip-file {}", word(&format!("fileb://{}", self.output)));
            (None, file.clone(), file)
        };
        let handler = word(handler);
        Next {
            upload,
            create: format!(
                "aws lambda create-function --function-name {function} --runtime {runtime} \
                 --architectures {architecture} --handler {handler} --role ROLE_ARN {for_create}"
            ),
            update: format!(
                "aws lambda update-function-code --function-name {function} {for_update}"
            ),
            sam: self.sam(),
        }
    }

    /// A resource of a SAM template.
    fn sam(&self) -> String {
        let words = self.function.split(|c: char| !c.is_ascii_alphanumeric());
        let logical: String = words.map(capitalised).collect();
        format!(
            "Resources:\n  {logical}Function:\n    Type: AWS::Serverless::Function\n    \
             Properties:\n      FunctionName: {}\n      CodeUri: {}\n      Handler: {}\n      \
             Runtime: {}\n      Architectures: [{}]\n",
            self.function,
            serde_json::Value::from(self.output.as_str()),
            serde_json::Value::from(self.handler.as_str()),
            self.runtime,
            self.architecture
        )
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let width = self.entries.iter().map(|entry| entry.name.chars().count());
        let width = width.max().unwrap_or(0).max("unpacked".len());
        let mut row = |name: &str, size: &str, packed: &str| {
            let _ = writeln!(text, "{name:<width$} {size:>12} {packed:>12}");
        };
        row("file", "bytes", "packed");
        for entry in &self.entries {
            row(
                &entry.name,
                &entry.size.to_string(),
                &entry.packed.to_string(),
            );
        }
        row("unpacked", &self.unpacked.to_string(), "");
        row("zip", "", &self.size.to_string());
        let _ = writeln!(
            text,
            "\nwrote {}\nCodeSha256 {}\n",
            self.output, self.code_sha256
        );
        let mut step = |title: &str, body: &str| {
            let _ = writeln!(text, "# {title}\n{body}\n");
        };
        if let Some(upload) = &self.next.upload {
            step("upload it", upload);
        }
        step("create the function", &self.next.create);
        step("or give it this code", &self.next.update);
        step("or in a SAM template", self.next.sam.trim_end());
        if !self.other_handlers.is_empty() {
            let others = self.other_handlers.join(", ");
            let _ = writeln!(text, "# other handlers in this package: {others}");
        }
        text
    }
}

/// A name that Lambda takes, made of a plugin's.
fn function_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    name.chars().map(plain).take(MAX_NAME).collect()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// A text as one word of a shell command.
pub(in crate::cli) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
