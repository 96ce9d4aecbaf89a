//! What is wrong with the text of a route.

/// Why a text is not a [`Route`](super::Route).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Nothing there.
    #[error("the route is empty: write `GET /hello/{{name}}`, `/hello` or `$default`")]
    Empty,
    /// More than a method and a path.
    #[error("`{route}` has more than a method and a path")]
    TooManyWords {
        /// The text.
        route: String,
    },
    /// A method that no request has.
    #[error("`{method}` is not a method: methods are upper-case words such as GET, or ANY")]
    Method {
        /// What stands in its place.
        method: String,
    },
    /// `$default` is for every method.
    #[error("`$default` takes every method: write it alone")]
    DefaultWithMethod,
    /// Not a path.
    #[error("the path `{path}` does not begin with `/`")]
    NoSlash {
        /// What stands in its place.
        path: String,
    },
    /// Not of the path.
    #[error("the path `{path}` has a query or a fragment: routes go by method and path only")]
    Query {
        /// The path.
        path: String,
    },
    /// Braces that are not around a whole segment, or not closed.
    #[error("`{segment}`: a variable is a whole segment in braces, such as `{{name}}`")]
    Braces {
        /// The segment.
        segment: String,
    },
    /// A variable without a name, or with a `+` or brace in it.
    #[error("`{segment}`: a variable needs a name without braces and `+`")]
    Name {
        /// The segment.
        segment: String,
    },
    /// Two variables of one name.
    #[error("the variable `{name}` stands twice in `{path}`")]
    Repeated {
        /// The name.
        name: String,
        /// The path.
        path: String,
    },
    /// Something behind `{name+}`.
    #[error("`{segment}` takes the rest of the path: it must stand last")]
    GreedyNotLast {
        /// The segment.
        segment: String,
    },
}
