//! All the shapes that a function can have that makes a service.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub)]
#![deny(clippy::all, clippy::pedantic)]

#[cfg(feature = "tower")]
mod services {
    use std::convert::Infallible;

    use axum::{Router, routing};
    use plugin_api::{Body, Error, InitContext, handler, http};
    use tower_service::Service;

    /// As in the documentation.
    #[handler(service)]
    async fn shop(ctx: InitContext) -> Result<Router, Error> {
        let greeting = ctx.var("GREETING").ok_or("no greeting")?.to_owned();
        Ok(Router::new().route("/", routing::get(async || greeting)))
    }

    /// Without settings, and without a way to fail.
    #[handler(service)]
    async fn router() -> Router {
        Router::new()
    }

    /// A plain function.
    #[handler(service)]
    fn plain(_: InitContext) -> std::io::Result<Router> {
        Ok(Router::new())
    }

    /// With other arguments.
    #[handler(errors(NotFound), service, name = "other_shop")]
    pub(crate) fn renamed() -> anyhow::Result<Router> {
        Ok(Router::new())
    }

    /// Of a type that has no name.
    #[handler(service)]
    fn hidden() -> impl Service<
        http::Request<Body>,
        Response = http::Response<axum::body::Body>,
        Error = Infallible,
        Future = impl Future<Output = Result<http::Response<axum::body::Body>, Infallible>> + Send,
    > + Clone
    + Send
    + Sync {
        Router::new().into_service()
    }
}

fn main() {}
