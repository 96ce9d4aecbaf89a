//! Where the Runtime API is.

/// `host:port`, or `host:port/prefix`: the value of `AWS_LAMBDA_RUNTIME_API`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host and port.
    pub authority: String,
    /// What stands before every path; empty, or beginning with `/`.
    pub prefix: String,
}

/// What should be an [`Endpoint`] is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address of a Runtime API: expected host:port or host:port/prefix")]
pub struct NotAnEndpoint(pub String);

impl std::str::FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        let bad = || NotAnEndpoint(text.to_owned());
        let rest = text.strip_prefix("http://").unwrap_or(text);
        let visible = rest.bytes().all(|byte| byte.is_ascii_graphic());
        let (authority, prefix) = match rest.find('/') {
            Some(at) => (&rest[..at], rest[at..].trim_end_matches('/')),
            None => (rest, ""),
        };
        let (host, port) = authority.rsplit_once(':').ok_or_else(bad)?;
        if host.is_empty() || port.parse::<u16>().is_err() || !visible {
            return Err(bad());
        }
        Ok(Self {
            authority: authority.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn an_address_may_have_a_path() {
        let parse = |text: &str| {
            let endpoint = text.parse::<Endpoint>().ok()?;
            Some((endpoint.authority, endpoint.prefix))
        };
        let is = |authority: &str, prefix: &str| Some((authority.to_owned(), prefix.to_owned()));
        assert_eq!(parse("127.0.0.1:9001"), is("127.0.0.1:9001", ""));
        assert_eq!(parse("[::1]:80/"), is("[::1]:80", ""));
        assert_eq!(parse("box:9000/.rt/f/"), is("box:9000", "/.rt/f"));
        assert_eq!(parse("http://box:9000/a"), is("box:9000", "/a"));
        for bad in [
            "",
            "box",
            ":80",
            "box:",
            "box:http",
            "box:99999",
            "b x:1",
            "b:1/\r\n",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
