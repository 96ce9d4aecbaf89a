//! What events say of the place where a function is served.

/// One function URL, as its events describe it: the same for every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `requestContext.accountId`; Lambda says `anonymous` where callers are not authenticated.
    pub account_id: String,
    /// `requestContext.apiId`: Lambda's id of the URL.
    pub api_id: String,
    /// `requestContext.domainName`; when empty, the host that each request names (without port).
    pub domain_name: String,
    /// `requestContext.stage`.
    pub stage: String,
    /// Callers speak HTTPS (`x-forwarded-proto`).
    pub https: bool,
    /// The port to which callers connect (`x-forwarded-port`).
    pub port: u16,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            account_id: "anonymous".to_owned(),
            api_id: "shim".to_owned(),
            domain_name: String::new(),
            stage: "$default".to_owned(),
            https: false,
            port: 80,
        }
    }
}

impl Endpoint {
    /// The domain name in the event of a request whose `host` header (or HTTP/2 authority) is
    /// `host`.
    pub(super) fn domain<'a>(&'a self, host: &'a str) -> &'a str {
        if self.domain_name.is_empty() {
            without_port(host)
        } else {
            &self.domain_name
        }
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

/// The first label of a domain name; an address has no labels and is its own prefix.
pub(super) fn prefix(domain: &str) -> &str {
    if domain.parse::<std::net::Ipv4Addr>().is_ok() {
        return domain;
    }
    domain.split('.').next().unwrap_or(domain)
}

/// `[::1]:8080` → `[::1]`, `localhost:8080` → `localhost`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_name_is_the_host_without_its_port_unless_it_is_given() {
        let endpoint = Endpoint::default();
        for (host, domain) in [
            ("localhost:8080", "localhost"),
            ("api.example.com", "api.example.com"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(endpoint.domain(host), domain);
        }
        let given = Endpoint {
            domain_name: "abc.example.com".to_owned(),
            ..endpoint
        };
        assert_eq!(given.domain("localhost"), "abc.example.com");
    }

    #[test]
    fn the_prefix_is_the_first_label() {
        assert_eq!(prefix("abc.lambda-url.example"), "abc");
        assert_eq!(prefix("localhost"), "localhost");
        assert_eq!(prefix("127.0.0.1"), "127.0.0.1");
        assert_eq!(prefix("[::1]"), "[::1]");
    }
}
