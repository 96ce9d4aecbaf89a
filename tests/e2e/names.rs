//! By which names callers of the Invoke API reach a function.

use shim_testkit::{Response, Shim};

use crate::{Toml, serve, serve_as, shim};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders";

/// A function with a version and aliases.
fn orders() -> (Toml, Shim) {
    let lines = "version = \"7\"\naliases = [\"PROD\", \"blue-1\"]\n";
    let toml = Toml::of(&[("orders", "dump", lines)]);
    let shim = toml.serve().start();
    (toml, shim)
}

#[track_caller]
fn expect_version(response: &Response, version: &str) {
    response
        .expect_success()
        .expect_header("x-amz-executed-version", version);
    assert_eq!(response.json()["function_name"], "orders");
}

#[test]
fn every_form_of_a_name_reaches_the_function() {
    let (_toml, shim) = orders();
    for (name, version) in [
        ("orders", "$LATEST"),
        ("orders:$LATEST", "$LATEST"),
        ("orders:7", "7"),
        ("orders:PROD", "7"),
        ("orders:blue-1", "7"),
        ("function:orders", "$LATEST"),
        ("function:orders:PROD", "7"),
        ("123456789012:function:orders", "$LATEST"),
        ("123456789012:function:orders:7", "7"),
        ("us-east-1:123456789012:function:orders:PROD", "7"),
        (ARN, "$LATEST"),
        (&format!("{ARN}:PROD"), "7"),
    ] {
        expect_version(&shim.invoke(name).send(), version);
        // Not encoded, and with a slash at the end, as some clients do.
        let raw = format!("/2015-03-31/functions/{name}/invocations");
        expect_version(&shim.call(&raw).send(), version);
        expect_version(&shim.call(format!("{raw}/")).send(), version);
        shim.invoke_stream(name)
            .send()
            .expect_status(200)
            .expect_header("x-amz-executed-version", version);
    }
}

#[test]
fn the_qualifier_may_stand_in_the_query() {
    let (_toml, shim) = orders();
    for (qualifier, version) in [
        ("7", "7"),
        ("PROD", "7"),
        ("%24LATEST", "$LATEST"),
        ("$LATEST", "$LATEST"),
    ] {
        expect_version(&shim.invoke("orders").qualifier(qualifier).send(), version);
        expect_version(&shim.invoke(ARN).qualifier(qualifier).send(), version);
    }
    let both = shim.invoke("orders:PROD").qualifier("PROD").send();
    expect_version(&both, "7");
}

#[test]
fn the_function_knows_the_arn_that_it_was_called_by() {
    let (_toml, shim) = orders();
    for (name, qualifier, arn) in [
        ("orders", None, ARN.to_owned()),
        ("orders:PROD", None, format!("{ARN}:PROD")),
        ("function:orders", Some("7"), format!("{ARN}:7")),
    ] {
        let call = shim.invoke(name);
        let call = match qualifier {
            Some(qualifier) => call.qualifier(qualifier),
            None => call,
        };
        assert_eq!(call.send().expect_success().json()["function_arn"], arn);
    }
}

#[test]
fn qualifiers_that_contradict_each_other_are_refused() {
    let (_toml, shim) = orders();
    shim.invoke("orders:PROD")
        .qualifier("7")
        .send()
        .expect_api_error(
            400,
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        );
}

#[test]
fn what_is_not_there_is_not_found() {
    let (_toml, shim) = orders();
    let arn = |rest: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{rest}");
    let long = "x".repeat(65);
    for (name, arn) in [
        ("others", arn("others:$LATEST")),
        ("others:PROD", arn("others:PROD")),
        ("orders:8", arn("orders:8")),
        ("orders:prod", arn("orders:prod")),
        ("Orders", arn("Orders:$LATEST")),
        (&long, arn(&format!("{long}:$LATEST"))),
    ] {
        let response = shim.invoke(name).send();
        let text = format!("Function not found: {arn}");
        response.expect_api_error(404, "ResourceNotFoundException", &text);
        assert_eq!(response.json()["Type"], "User");
    }
    shim.invoke("orders")
        .qualifier("8")
        .send()
        .expect_api_error(404, "ResourceNotFoundException", &arn("orders:8"));
}

#[test]
fn other_regions_and_accounts_are_elsewhere() {
    let (_toml, shim) = orders();
    shim.invoke("arn:aws:lambda:eu-west-1:123456789012:function:orders")
        .send()
        .expect_api_error(
            404,
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        );
    shim.invoke("999999999999:function:orders")
        .send()
        .expect_api_error(403, "AccessDeniedException", "999999999999:function:orders");
}

#[test]
fn region_and_account_can_be_chosen() {
    let shim = serve_as("orders", "dump")
        .arg("--account", "999999999999")
        .env("AWS_REGION", "eu-west-1")
        .start();
    let arn = "arn:aws:lambda:eu-west-1:999999999999:function:orders";
    let known = shim.invoke(arn).send();
    assert_eq!(known.expect_success().json()["function_arn"], arn);
    shim.invoke(ARN).send().expect_status(404);
}

#[test]
fn what_cannot_be_a_name_is_told_with_the_pattern() {
    let (_toml, shim) = orders();
    for name in ["orders:1:2", "a b", "a/b", "orders!", "häuser"] {
        let text = format!(
            "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: (arn:"
        );
        let response = shim.invoke(name).send();
        response.expect_api_error(400, "ValidationException", &text);
    }
    let long = "x".repeat(257);
    let text = "Member must have length less than or equal to 256";
    let response = shim.invoke(&long).send();
    response.expect_api_error(400, "ValidationException", text);
    let both = shim.invoke("a b").qualifier("a.b").send();
    both.expect_api_error(400, "ValidationException", "2 validation errors detected: ")
        .expect_api_error(400, "ValidationException", "'a.b' at 'qualifier'");
    shim.call("/2015-03-31/functions/%ff/invocations")
        .send()
        .expect_status(400);
}

#[test]
fn a_single_plugin_without_a_name_has_three() {
    let shim = serve("dump").start();
    for name in ["dump", "function", "fixture-behaviours"] {
        let known = shim.invoke(name).send();
        assert_eq!(known.expect_success().json()["function_name"], "dump");
    }
    shim.invoke("handler").send().expect_status(404);
    // One with a name has that one, and as long as it is the only one, that of a function without.
    let shim = serve_as("orders", "dump").start();
    for name in ["orders", "function"] {
        shim.invoke(name).send().expect_success();
    }
    for other in ["dump", "fixture-behaviours"] {
        shim.invoke(other).send().expect_status(404);
    }
    let two = Toml::of(&[("orders", "dump", ""), ("greetings", "greet", "")]);
    let two = two.serve().start();
    two.invoke("function").send().expect_status(404);
}

#[test]
fn a_base_path_stands_before_the_api() {
    for base in ["/base/path", "/base/path/"] {
        let shim = serve_as("orders", "mirror")
            .arg("--base-path", base)
            .start();
        shim.call("/base/path/2015-03-31/functions/orders/invocations")
            .send()
            .expect_function_error("Runtime.NotAnHttpEvent");
        // Elsewhere it is a path as any other.
        let path = "/2015-03-31/functions/orders/invocations";
        let said = shim.post(path, "{}").expect_status(200).json();
        assert_eq!(said["path"], path);
    }
}

#[test]
fn without_the_api_its_paths_are_the_functions() {
    let shim = shim()
        .serve(crate::behaviours())
        .handler("mirror")
        .arg("--invoke-api", "false")
        .start();
    let path = "/2015-03-31/functions/mirror/invocations";
    let said = shim.post(path, "{}").expect_status(200).json();
    assert_eq!(said["path"], path);
}
