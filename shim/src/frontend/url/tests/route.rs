use http::Method;

use super::super::{Route, RouteError, Router};

fn router(routes: &[&'static str]) -> Router<()> {
    let routes = routes.iter().map(|route| (route.parse().unwrap(), ()));
    Router::new(routes).unwrap()
}

/// `GET /a/{b} b=1`
fn found(router: &Router<()>, method: &str, path: &str) -> Option<String> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let found = router.find(&method, path)?;
    let mut text = found.route.key().to_owned();
    for (name, value) in found.path_parameters {
        text += &format!(" {name}={value}");
    }
    Some(text)
}

#[test]
fn the_best_route_wins_in_whatever_order_they_are_written() {
    let mut routes = [
        "$default",
        "ANY /{proxy+}",
        "GET /pets/{proxy+}",
        "ANY /pets/{proxy+}",
        "/pets/dog/{id}",
        "GET /pets/dog/{id}",
        "GET /pets/{kind}/{id}",
        "GET /pets/dog/1",
        "ANY /pets/dog/1",
        "GET /",
    ];
    for _ in 0..routes.len() {
        routes.rotate_left(1);
        let router = router(&routes);
        for (method, path, expected) in [
            ("GET", "/pets/dog/1", "GET /pets/dog/1"),
            ("POST", "/pets/dog/1", "ANY /pets/dog/1"),
            ("GET", "/pets/dog/2", "GET /pets/dog/{id} id=2"),
            ("PUT", "/pets/dog/2", "ANY /pets/dog/{id} id=2"),
            ("GET", "/pets/cat/1", "GET /pets/{kind}/{id} id=1 kind=cat"),
            ("PUT", "/pets/cat/1", "ANY /pets/{proxy+} proxy=cat/1"),
            ("GET", "/pets/a/b/c", "GET /pets/{proxy+} proxy=a/b/c"),
            ("GET", "/test/5", "ANY /{proxy+} proxy=test/5"),
            ("GET", "/", "GET /"),
            ("POST", "/", "$default"),
            ("OPTIONS", "*", "$default"),
        ] {
            let found = found(&router, method, path);
            assert_eq!(found.as_deref(), Some(expected), "{method} {path}");
        }
    }
}

#[test]
fn a_whole_match_goes_before_a_longer_greedy_one() {
    let router = router(&["/pets/{proxy+}", "/{a}/{b}"]);
    let found = found(&router, "GET", "/pets/1");
    assert_eq!(found.as_deref(), Some("ANY /{a}/{b} a=pets b=1"));
}

#[test]
fn the_path_counts_before_the_method() {
    let router = router(&["GET /{proxy+}", "ANY /pets/{proxy+}"]);
    let found = found(&router, "GET", "/pets/1");
    assert_eq!(found.as_deref(), Some("ANY /pets/{proxy+} proxy=1"));
}

#[test]
fn a_route_takes_its_paths_and_no_others() {
    for (route, path, expected) in [
        ("/hello", "/hello", Some("ANY /hello")),
        ("/hello", "/hello/", None),
        ("/hello", "/Hello", None),
        ("/hello/", "/hello", None),
        ("GET /hello/{n}", "/hello/", None),
        ("GET /hello/{n}", "/hello/a/b", None),
        (
            "GET /hello/{n}",
            "/hello/a%2Fb%20c",
            Some("GET /hello/{n} n=a/b c"),
        ),
        (
            "/files/{p+}",
            "/files/a/b%20c/",
            Some("ANY /files/{p+} p=a/b c/"),
        ),
        ("/files/{p+}", "/files/", None),
        ("/files/{p+}", "/files", None),
        ("/files/{p+}", "/files//", Some("ANY /files/{p+} p=/")),
        ("/caf\u{e9}", "/caf%C3%A9", Some("ANY /caf\u{e9}")),
        ("/caf%C3%A9", "/caf%c3%a9", Some("ANY /caf%C3%A9")),
        ("/{p}", "/%ff", Some("ANY /{p} p=\u{fffd}")),
        ("POST /hello", "/hello", None),
        ("/{p+}", "", None),
    ] {
        let found = found(&router(&[route]), "GET", path);
        assert_eq!(found.as_deref(), expected, "{route} {path}");
    }
}

#[test]
fn routes_that_take_the_same_requests_are_an_error_that_names_both() {
    for (first, second) in [
        ("GET /a/{x}", "GET /a/{y}"),
        ("ANY /a", "/a"),
        ("/{x+}", "ANY /{proxy+}"),
        ("$default", "$default"),
        ("/%61", "/a"),
    ] {
        let routes = [first, "GET /other", second];
        let routes = routes.map(|route| (route.parse::<Route>().unwrap(), ()));
        let keys = [routes[0].0.key().to_owned(), routes[2].0.key().to_owned()];
        let error = Router::new(routes).unwrap_err();
        assert_eq!([error.first, error.second], keys);
    }
    router(&[
        "GET /a", "PUT /a", "/a", "/a/", "/a/{x}", "/a/{x+}", "/{x}/a",
    ]);
}

#[test]
fn a_wrong_route_says_what_is_wrong_with_it() {
    let text = str::to_owned;
    for (route, error) in [
        ("", RouteError::Empty),
        ("  ", RouteError::Empty),
        (
            "GET /a b",
            RouteError::TooManyWords {
                route: text("GET /a b"),
            },
        ),
        (
            "get /a",
            RouteError::Method {
                method: text("get"),
            },
        ),
        (
            "G@T /a",
            RouteError::Method {
                method: text("G@T"),
            },
        ),
        ("GET $default", RouteError::DefaultWithMethod),
        ("ANY $default", RouteError::DefaultWithMethod),
        ("GET", RouteError::NoSlash { path: text("GET") }),
        ("GET a", RouteError::NoSlash { path: text("a") }),
        ("/a?b", RouteError::Query { path: text("/a?b") }),
        (
            "/a{b}",
            RouteError::Braces {
                segment: text("a{b}"),
            },
        ),
        (
            "/{b",
            RouteError::Braces {
                segment: text("{b"),
            },
        ),
        (
            "/{}",
            RouteError::Name {
                segment: text("{}"),
            },
        ),
        (
            "/{+}",
            RouteError::Name {
                segment: text("{+}"),
            },
        ),
        (
            "/{a}{b}",
            RouteError::Name {
                segment: text("{a}{b}"),
            },
        ),
        (
            "/{a}/{a+}",
            RouteError::Repeated {
                name: text("a"),
                path: text("/{a}/{a+}"),
            },
        ),
        (
            "/{a+}/b",
            RouteError::GreedyNotLast {
                segment: text("{a+}"),
            },
        ),
    ] {
        assert_eq!(route.parse::<Route>(), Err(error));
    }
    let empty = RouteError::Empty.to_string();
    assert!(empty.contains("`GET /hello/{name}`"), "{empty}");
}
