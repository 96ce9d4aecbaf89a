//! Credentials files and variables.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::auth::credentials::{Credentials, CredentialsError};
use crate::auth::profiles::Wrong;

fn wrong(text: &str) -> (usize, String) {
    let Wrong { line, what } = Credentials::parse(text).expect_err("it is wrong");
    (line, what)
}

/// The ids that are known, of a few.
fn ids(credentials: &Credentials) -> Vec<&'static str> {
    let known = |id: &&str| credentials.get(id).is_some();
    ["A", "B", "C"].into_iter().filter(known).collect()
}

#[test]
fn every_profile_with_a_key_counts() {
    let credentials = Credentials::parse(
        "\u{feff}# a comment\r\n[default]\r\naws_access_key_id = A\r\n\
         AWS_SECRET_ACCESS_KEY=a/=+secret\r\n\n; another\n[role]\nrole_arn = arn:x\n\
         s3 =\n  max_queue_size = 1\n  nonsense\nregion = r\n\
         [ two ]\n  aws_access_key_id=B\n  aws_secret_access_key=b\n  aws_session_token=t",
    );
    let credentials = credentials.unwrap();
    assert_eq!(ids(&credentials), ["A", "B"]);
}

#[test]
fn problems_are_told_with_their_line_and_without_the_secret() {
    let expected = "expected `[profile]`, `name = value` or a `#` comment";
    assert_eq!(wrong("[a]\nsecret"), (2, expected.to_owned()));
    assert_eq!(wrong("\n[a\nx=y"), (2, "expected `[profile]`".to_owned()));
    assert_eq!(
        wrong("x = y"),
        (
            1,
            "expected `[profile]` before the first `name = value`".to_owned()
        )
    );
    assert_eq!(
        wrong("[a]\naws_access_key_id=A\naws_access_key_id=A"),
        (
            3,
            "`aws_access_key_id` stands twice in profile `a`".to_owned()
        )
    );
    assert_eq!(
        wrong("[a]\n[b]\naws_access_key_id=A\n[c]"),
        (2, "profile `b` has no `aws_secret_access_key`".to_owned())
    );
    assert_eq!(
        wrong("[a]\naws_secret_access_key=A"),
        (1, "profile `a` has no `aws_access_key_id`".to_owned())
    );
    assert_eq!(
        wrong("[a]\naws_access_key_id = "),
        (2, "`aws_access_key_id` has no value".to_owned())
    );
    let key = "aws_access_key_id=A\naws_secret_access_key=";
    assert_eq!(
        wrong(&format!("[a]\n{key}x\naws_expiration=soon")),
        (
            4,
            "expected a time such as 2026-11-20T12:00:00Z, found `soon`".to_owned()
        )
    );
    assert_eq!(
        wrong(&format!("[a]\n{key}x\n[b]\n{key}y")),
        (
            5,
            "access key `A` was given before with another secret or session token".to_owned()
        )
    );
    assert!(Credentials::parse(&format!("[a]\n{key}x\n[b]\n{key}x")).is_ok());
}

#[test]
fn a_file_is_read_whole_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let load = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        Credentials::from_file(&path)
    };
    let good = load(b"[a]\naws_access_key_id=A\naws_secret_access_key=x\n");
    assert_eq!(ids(&good.unwrap()), ["A"]);
    let shown = |text: &[u8]| load(text).unwrap_err().to_string();
    let name = path.display();
    assert_eq!(
        shown(b"[a]\nx"),
        format!(
            "credentials file `{name}`, line 2: expected `[profile]`, `name = value` or a `#` \
             comment"
        )
    );
    assert_eq!(
        shown(b"# none"),
        format!(
            "credentials file `{name}` holds no access key: expected `aws_access_key_id` and \
             `aws_secret_access_key` below a `[profile]`"
        )
    );
    assert_eq!(
        shown(&vec![b'#'; 1024 * 1024 + 1]),
        format!("credentials file `{name}` is larger than 1 MiB")
    );
    assert_eq!(
        shown(b"\xff"),
        format!("cannot read credentials file `{name}`")
    );
    let absent = Credentials::from_file(Path::new("/nowhere"));
    assert!(matches!(absent, Err(CredentialsError::Read { .. })));
}

#[test]
fn variables_go_together() {
    let from = Credentials::from_variables;
    let one = from(Some("A"), Some("x"), Some("")).unwrap().unwrap();
    assert_eq!(ids(&one), ["A"]);
    for none in [None, Some("")] {
        assert!(from(none, None, Some("t")).unwrap().is_none());
    }
    assert_eq!(
        from(Some("A"), Some(""), None).unwrap_err().to_string(),
        "AWS_ACCESS_KEY_ID is set, but not AWS_SECRET_ACCESS_KEY"
    );
    assert_eq!(
        from(None, Some("x"), None).unwrap_err().to_string(),
        "AWS_SECRET_ACCESS_KEY is set, but not AWS_ACCESS_KEY_ID"
    );
}

#[test]
fn debug_forms_show_no_secret() {
    let credentials = Credentials::from_variables(Some("ID"), Some("hidden"), Some("hidden"));
    let shown = format!("{credentials:?}");
    assert!(shown.contains("ID") && !shown.contains("hidden"), "{shown}");
}
