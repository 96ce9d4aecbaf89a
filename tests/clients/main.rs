//! The Lambda Invoke API as AWS's own clients see it: boto3, the AWS CLI, and the SDKs for
//! JavaScript and Rust, unmodified, against the real shim. And the Runtime API as others see it:
//! lambda_runtime beside `bootstrap`, cargo-lambda as its host.
//!
//! A case is a call and what must come of it. Each client has a small program that does all cases
//! and prints a line of JSON for each; what is expected stands here, once for all clients. See
//! `README.md`. The files of `docs/deploy` are read by others' programs, too: `readers`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on ends by panic"
)]

mod answer;
mod calls;
mod cargo_lambda;
mod case;
mod cli;
mod endings;
mod environment;
mod lambda_runtime;
mod readers;
mod served;
mod signatures;
mod streams;

use std::io::Write as _;

use case::Case;
use environment::{Client, Missing};
use served::Served;

#[test]
fn boto3_is_served() {
    check("boto3", environment::boto3(), signatures::presigned);
}

#[test]
fn the_sdk_for_javascript_is_served() {
    check("JavaScript", environment::javascript(), |_| Vec::new());
}

#[test]
fn the_sdk_for_rust_is_served() {
    check("Rust", environment::rust(), |_| Vec::new());
}

#[test]
fn the_aws_cli_is_served() {
    match environment::aws_cli() {
        Ok(aws) => cli::check(&aws, cli::Version::One),
        Err(missing) => skip("the AWS CLI", &missing),
    }
}

#[test]
fn the_aws_cli_of_version_2_is_served() {
    match environment::aws_cli_v2() {
        Ok(aws) => cli::check(&aws, cli::Version::Two),
        Err(missing) => skip("version 2 of the AWS CLI", &missing),
    }
}

/// Does all cases that there are for every client, and those of this one.
fn check(name: &str, client: Result<Client, Missing>, own: fn(&Served) -> Vec<Case>) {
    let client = match client {
        Ok(client) => client,
        Err(missing) => return skip(name, &missing),
    };
    let served = Served::start();
    // Calls first: for one of them, a function is kept busy for a limited time.
    let mut cases = calls::cases(&served);
    cases.extend(endings::cases(&served));
    cases.extend(streams::cases(&served));
    cases.extend(signatures::cases(&served));
    cases.extend(own(&served));
    case::check_all(name, &client, &served, &cases);
    endings::check_runs(&served);
}

/// Says so past the test harness, which keeps what tests say that pass.
fn skip(what: &str, missing: &Missing) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {missing}");
}
