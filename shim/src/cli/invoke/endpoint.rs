//! Where the API is, and connections to it.

use std::io;
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use tokio::net::TcpStream;

#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::config::Environment;
use crate::exit::{BadData, CommandFailed, USAGE};

/// Where it is unless told otherwise: where `shim serve` listens.
const DEFAULT: &str = "http://127.0.0.1:8080";

/// The region of signatures unless told otherwise: the shim's own.
const REGION: &str = "us-east-1";

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// An endpoint of the API.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// As it was given, for messages.
    pub(super) url: String,
    /// The value of `Host`.
    pub(super) host: HeaderValue,
    /// What stands before all paths; without a slash at the end.
    pub(super) base_path: String,
    /// The name or the address to connect to.
    name: String,
    port: u16,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Endpoint {
    /// The one that was given, by a flag or by a variable.
    ///
    /// # Errors
    /// It cannot be understood, or cannot be spoken to.
    pub(super) fn of(flag: Option<&str>, environment: &Environment) -> anyhow::Result<Self> {
        let variable = |name: &'static str| {
            let value = environment.get(name)?.to_str()?;
            Some((name, value.to_owned()))
        };
        let (from, url) = flag
            .map(|url| ("--endpoint-url", url.to_owned()))
            .or_else(|| variable("AWS_ENDPOINT_URL_LAMBDA"))
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .unwrap_or(("the default", DEFAULT.to_owned()));
        Ok(Self::parse(&url).map_err(|wrong| CommandFailed {
            message: format!("{from}: {wrong}, found `{url}`"),
            hint: Some(format!(
                "such as {DEFAULT} or https://lambda.eu-central-1.amazonaws.com"
            )),
            code: USAGE,
        })??)
    }

    fn parse(url: &str) -> Result<Result<Self, BadData>, &'static str> {
        let wrong = "expected the URL of an endpoint";
        let uri: Uri = url.parse().map_err(|_| wrong)?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err("expected a URL that begins with http:// or https://"),
        };
        let authority = uri.authority().ok_or(wrong)?;
        if authority.as_str().contains('@') {
            return Err("expected a URL without a user");
        }
        if uri.query().is_some() {
            return Err("expected a URL without a query");
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong)?;
        let name = bare(authority).to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self::new(url, host, &uri, name, port, secure))
    }

    fn new(
        url: &str,
        host: HeaderValue,
        uri: &Uri,
        name: String,
        port: u16,
        secure: bool,
    ) -> Result<Self, BadData> {
        #[cfg(feature = "tls")]
        let tls = secure.then(|| Tls::to(&name)).transpose()?;
        #[cfg(not(feature = "tls"))]
        if secure {
            let hint = "build it with the feature `tls`, or use http://";
            return Err(BadData::new("this shim was built without TLS", hint));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host,
            base_path: uri.path().trim_end_matches('/').to_owned(),
            name,
            port,
            #[cfg(feature = "tls")]
            tls,
        })
    }

    /// The region of signatures: that of the endpoint if it is one of AWS's, else the one of the
    /// environment.
    pub(super) fn region(&self, environment: &Environment) -> String {
        let of_host = self.name.strip_prefix("lambda.").and_then(|rest| {
            let (region, domain) = rest.split_once('.')?;
            let domain = domain.strip_suffix(".cn").unwrap_or(domain);
            (domain == "amazonaws.com").then(|| region.to_owned())
        });
        let set = |name| Some(environment.get(name)?.to_str()?.to_owned());
        of_host
            .or_else(|| set("AWS_REGION"))
            .or_else(|| set("AWS_DEFAULT_REGION"))
            .unwrap_or_else(|| REGION.to_owned())
    }

    /// A connection, within ten seconds.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let connected = tokio::time::timeout(CONNECT, self.try_connect()).await;
        connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn try_connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((self.name.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(stream).await?));
        }
        Ok(Box::new(stream))
    }
}

/// What is spoken over.
pub(super) trait Stream:
    tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin
{
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for S {}

/// The name without the port, and without the brackets of an IPv6 address.
fn bare(authority: &Authority) -> &str {
    authority.host().trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Endpoint {
        Endpoint::parse(url).unwrap().unwrap()
    }

    #[test]
    fn urls_have_a_host_perhaps_a_port_and_a_path() {
        let plain = parse("http://127.0.0.1:8080");
        assert_eq!((plain.name.as_str(), plain.port), ("127.0.0.1", 8080));
        assert_eq!(
            (plain.host.to_str().unwrap(), plain.base_path.as_str()),
            ("127.0.0.1:8080", "")
        );
        let deep = parse("http://[::1]:9/lambda/");
        assert_eq!((deep.name.as_str(), deep.port), ("::1", 9));
        assert_eq!(deep.base_path, "/lambda");
        assert_eq!(parse("http://a").port, 80);
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for wrong in [
            "",
            "localhost:8080",
            "ftp://a",
            "/path",
            "http://me@a",
            "http://a/?b",
        ] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_of_aws_says_its_region() {
        let environment: Environment = [("AWS_REGION".to_owned(), "eu-west-1".into())]
            .into_iter()
            .collect();
        let region = |url: &str| parse(url).region(&environment);
        assert_eq!(
            region("http://lambda.ap-south-1.amazonaws.com"),
            "ap-south-1"
        );
        assert_eq!(
            region("http://lambda.cn-north-1.amazonaws.com.cn"),
            "cn-north-1"
        );
        assert_eq!(region("http://localhost:8080"), "eu-west-1");
        assert_eq!(parse("http://a").region(&Environment::default()), REGION);
    }
}
