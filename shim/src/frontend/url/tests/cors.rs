use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::super::{Cors, CorsError, CorsRules};

fn rules(origins: &[&str]) -> CorsRules {
    CorsRules {
        allow_origins: owned(origins),
        ..CorsRules::default()
    }
}

fn owned(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let names = pairs.iter().map(|(name, _)| HeaderName::from_static(name));
    let values = pairs
        .iter()
        .map(|(_, value)| HeaderValue::from_static(value));
    names.zip(values).collect()
}

fn applied(rules: &CorsRules, origin: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let origin = origin.map(HeaderValue::from_static);
    let cors = Cors::new(rules).unwrap();
    cors.apply(origin.as_ref(), &mut headers);
    headers
}

#[test]
fn who_may_read_a_response() {
    const ONE: &str = "https://one.example";
    let star = || Some("*");
    let credentials = |origins| CorsRules {
        allow_credentials: true,
        ..rules(origins)
    };
    for (rules, origin, allowed, varies) in [
        (rules(&["*"]), Some(ONE), star(), false),
        (rules(&["*"]), None, star(), false),
        (
            rules(&["*", ONE]),
            Some("https://two.example"),
            star(),
            false,
        ),
        (credentials(&["*"]), Some(ONE), Some(ONE), true),
        (credentials(&["*"]), None, None, true),
        (rules(&[ONE]), Some(ONE), Some(ONE), true),
        (rules(&[ONE]), Some("https://two.example"), None, true),
        (rules(&[ONE]), Some("http://one.example"), None, true),
        (rules(&[ONE]), Some("https://one.example:8080"), None, true),
        (rules(&[ONE]), None, None, true),
        (rules(&["https://ONE.example"]), Some(ONE), Some(ONE), true),
        (rules(&["null"]), Some("null"), Some("null"), true),
        (rules(&[]), Some(ONE), None, true),
    ] {
        let headers = applied(&rules, origin);
        let seen = headers.get("access-control-allow-origin");
        let seen = seen.map(|value| value.to_str().unwrap());
        assert_eq!(seen, allowed, "{rules:?} {origin:?}");
        let vary = headers.get("vary").is_some_and(|vary| vary == "Origin");
        assert_eq!(vary, varies, "{rules:?} {origin:?}");
        let credentials = headers.contains_key("access-control-allow-credentials");
        assert_eq!(credentials, rules.allow_credentials && allowed.is_some());
    }
}

#[test]
fn the_configuration_wins_over_the_function() {
    let rules = CorsRules {
        expose_headers: owned(&["X-A", "X-B"]),
        ..rules(&["https://one.example"])
    };
    let cors = Cors::new(&rules).unwrap();
    let mut seen = headers(&[
        ("access-control-allow-origin", "*"),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "DELETE"),
        ("access-control-expose-headers", "x-secret"),
        ("access-control-max-age", "1"),
        ("vary", "accept, ORIGIN"),
        ("x-a", "1"),
    ]);
    cors.apply(
        Some(&HeaderValue::from_static("https://one.example")),
        &mut seen,
    );
    let expected = headers(&[
        ("access-control-allow-origin", "https://one.example"),
        ("access-control-expose-headers", "X-A,X-B"),
        ("vary", "accept, ORIGIN"),
        ("x-a", "1"),
    ]);
    assert_eq!(seen, expected);
    // An origin that is not allowed is not by the function's word either.
    cors.apply(None, &mut seen);
    assert_eq!(seen, headers(&[("vary", "accept, ORIGIN"), ("x-a", "1")]));
}

#[test]
fn vary_is_added_to_the_functions_own() {
    let cors = Cors::new(&rules(&["https://one.example"])).unwrap();
    for (own, expected) in [("accept", vec!["accept", "Origin"]), ("*", vec!["*"])] {
        let mut headers = headers(&[("vary", own)]);
        cors.apply(None, &mut headers);
        assert_eq!(headers.get_all("vary").iter().collect::<Vec<_>>(), expected);
    }
}

fn preflight(rules: &CorsRules, origin: &'static str) -> HeaderMap {
    let request = headers(&[
        ("origin", origin),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-a,x-b"),
    ]);
    let cors = Cors::new(rules).unwrap();
    let response = cors.preflight(&Method::OPTIONS, &request).unwrap();
    assert_eq!(response.status(), 204);
    response.headers().clone()
}

#[test]
fn a_preflight_request_gets_what_is_configured() {
    let mut rules = CorsRules {
        allow_methods: owned(&["GET", "PUT"]),
        allow_headers: owned(&["X-A", "content-type"]),
        expose_headers: owned(&["x-c"]),
        max_age: Some(600),
        ..rules(&["https://one.example"])
    };
    let expected = headers(&[
        ("access-control-allow-origin", "https://one.example"),
        ("access-control-allow-methods", "GET,PUT"),
        ("access-control-allow-headers", "X-A,content-type"),
        ("access-control-max-age", "600"),
        ("vary", "Origin"),
    ]);
    assert_eq!(preflight(&rules, "https://one.example"), expected);
    let refused = headers(&[("vary", "Origin")]);
    assert_eq!(preflight(&rules, "https://two.example"), refused);

    rules = CorsRules {
        allow_origins: owned(&["*"]),
        allow_methods: owned(&["*"]),
        allow_headers: owned(&["*"]),
        ..CorsRules::default()
    };
    let expected = headers(&[
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "*"),
        ("access-control-allow-headers", "*"),
    ]);
    assert_eq!(preflight(&rules, "https://one.example"), expected);

    rules.allow_credentials = true;
    let expected = headers(&[
        ("access-control-allow-origin", "https://one.example"),
        ("access-control-allow-methods", "PUT"),
        ("access-control-allow-headers", "x-a,x-b"),
        ("access-control-allow-credentials", "true"),
        ("vary", "Origin"),
    ]);
    assert_eq!(preflight(&rules, "https://one.example"), expected);
}

#[test]
fn other_requests_are_the_functions() {
    let cors = Cors::new(&rules(&["*"])).unwrap();
    let preflight = [
        ("origin", "https://one.example"),
        ("access-control-request-method", "PUT"),
    ];
    let asked = |method: &Method, pairs| cors.preflight(method, &headers(pairs)).is_some();
    assert!(asked(&Method::OPTIONS, &preflight));
    assert!(!asked(&Method::GET, &preflight));
    assert!(!asked(&Method::OPTIONS, &preflight[..1]));
    assert!(!asked(&Method::OPTIONS, &preflight[1..]));
}

#[test]
fn any_exposed_header_with_credentials_is_each_that_is_there() {
    let rules = CorsRules {
        expose_headers: owned(&["*"]),
        allow_credentials: true,
        ..rules(&["*"])
    };
    let cors = Cors::new(&rules).unwrap();
    let mut headers = headers(&[("x-a", "1"), ("set-cookie", "c=1")]);
    let origin = HeaderValue::from_static("https://one.example");
    cors.apply(Some(&origin), &mut headers);
    let exposed = headers["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.split(',').any(|name| name == "x-a"), "{exposed}");
    assert!(!exposed.contains("set-cookie"), "{exposed}");
}

#[test]
fn wrong_rules_are_refused() {
    for origin in [
        "example.com",
        "https://example.com/",
        "https://example.com/a",
        "https://a@example.com",
        "https://",
        "",
        "a b",
    ] {
        let error = Cors::new(&rules(&["*", origin])).unwrap_err();
        assert_eq!(error, CorsError::Origin(origin.to_owned()));
    }
    let mut wrong = rules(&["http://localhost:3000"]);
    wrong.allow_methods = owned(&["*", "get"]);
    assert_eq!(Cors::new(&wrong), Err(CorsError::Method("get".to_owned())));
    wrong.allow_methods.clear();
    wrong.expose_headers = owned(&["a b"]);
    assert_eq!(Cors::new(&wrong), Err(CorsError::Header("a b".to_owned())));
}
