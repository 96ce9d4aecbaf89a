//! Names, ARNs, qualifiers; routes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shim::frontend::url::{Route, Router};
use shim::invocation::{Home, Target};

fuzz_target!(|input: (&str, Option<&str>)| {
    let (name, qualifier) = input;
    let home = Home::default();
    if let Ok(target) = Target::parse(name, qualifier, &home) {
        // What was read is read again from its ARN; a qualifier of its own may hold more signs than
        // one in a name.
        let arn = target.qualified_arn(&home);
        if arn.len() <= 256 && qualifier.is_none() {
            let again = Target::parse(&arn, None, &home).expect("its own ARN");
            assert_eq!(again.name, target.name);
        }
    }
    if let Ok(route) = name.parse::<Route>()
        && let Ok(router) = Router::new([(route, ())])
    {
        router.find(&http::Method::GET, qualifier.unwrap_or("/"));
    }
});
