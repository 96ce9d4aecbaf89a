//! The name of an image: `orders`, `orders:1.2`, `registry.example.com:5000/team/orders:1.2`.

use std::fmt;

use super::ImageError;

/// The longest name, without its tag, in bytes.
const MAX_NAME: usize = 255;
/// The longest tag, in bytes.
const MAX_TAG: usize = 128;

/// A name and a tag, in the grammar of the OCI distribution specification and of Docker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    name: String,
    tag: String,
}

impl Reference {
    /// Reads `NAME[:TAG]`; the tag is `latest` if there is none.
    ///
    /// # Errors
    /// The text is no such name.
    pub fn parse(text: &str) -> Result<Self, ImageError> {
        let refused = |reason| ImageError::Tag {
            text: text.to_owned(),
            reason,
        };
        if text.contains('@') {
            return Err(refused(
                "it names a digest, which only the image itself has",
            ));
        }
        let (name, tag) = match text.rsplit_once(':') {
            // What follows a registry's colon is its port.
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, "latest"),
        };
        let (host, path) = split_host(name);
        if host.is_some_and(|host| !is_host(host)) {
            return Err(refused(
                "its registry is no host name with or without a port",
            ));
        }
        if name.len() > MAX_NAME {
            return Err(refused("it is longer than 255 bytes"));
        }
        if !path.split('/').all(is_component) {
            return Err(refused(
                "its parts consist of lower case letters and digits, with single `.`, `_`, `__` or \
                 `-` between them",
            ));
        }
        if !is_tag(tag) {
            return Err(refused(
                "its tag consists of up to 128 letters, digits, `_`, `.` and `-`, and begins with \
                 neither `.` nor `-`",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
        })
    }

    /// The name that is closest to a plugin's, with the tag `latest`.
    pub(super) fn of_plugin(name: &str) -> Self {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let name = name.to_ascii_lowercase();
        let words = name.split(|c| !plain(c) && c != '_');
        let words = words
            .flat_map(|word| word.split('_'))
            .filter(|w| !w.is_empty());
        let name: Vec<&str> = words.collect();
        let name = match name.is_empty() {
            true => "function".to_owned(),
            false => name.join(if name.len() > 1 { "_" } else { "" }),
        };
        Self {
            name,
            tag: "latest".to_owned(),
        }
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The last part of the name.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The name in full, as containerd keeps it: `docker.io/library/orders:latest`.
    pub fn canonical(&self) -> String {
        let (host, path) = split_host(&self.name);
        let prefix = match host {
            Some(_) => "",
            None if path.contains('/') => "docker.io/",
            None => "docker.io/library/",
        };
        format!("{prefix}{self}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}

/// The registry, if the name begins with one, and the rest.
fn split_host(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => {
            (Some(host), path)
        }
        _ => (None, name),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label) && port.parse::<u16>().is_ok()
}

fn is_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = part.split(plain).filter(|between| !between.is_empty());
    let separated = separators
        .all(|between| [".", "_", "__"].contains(&between) || between.chars().all(|c| c == '-'));
    part.starts_with(plain) && part.ends_with(plain) && separated
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(word)
        && tag.len() <= MAX_TAG
        && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn names_are_completed_as_docker_does() {
        let full = |text| Reference::parse(text).unwrap().canonical();
        assert_eq!(full("orders"), "docker.io/library/orders:latest");
        assert_eq!(full("orders:1.2"), "docker.io/library/orders:1.2");
        assert_eq!(full("team/orders"), "docker.io/team/orders:latest");
        assert_eq!(full("localhost/orders"), "localhost/orders:latest");
        assert_eq!(full("ghcr.io/a/b__c:V_1"), "ghcr.io/a/b__c:V_1");
        assert_eq!(full("reg:5000/a--b"), "reg:5000/a--b:latest");
        let parsed = Reference::parse("reg:5000/team/orders:1").unwrap();
        assert_eq!((parsed.short_name(), parsed.tag()), ("orders", "1"));
    }

    #[test]
    fn other_texts_are_refused() {
        let long = "a".repeat(256);
        let long_tag = format!("a:{}", "t".repeat(129));
        for text in [
            "",
            ":1",
            "a:",
            "Orders",
            "a/",
            "/a",
            "a//b",
            "a..b",
            "a_-b",
            "-a",
            "a-",
            "a b",
            "a:-1",
            "a:.1",
            "a@sha256:00",
            "reg:x/a",
            "reg:99999/a",
            "-.b/a",
            "ä",
            &long,
            &long_tag,
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_plugin_has_a_name() {
        let name = |text| Reference::of_plugin(text).to_string();
        assert_eq!(name("orders"), "orders:latest");
        assert_eq!(name("Example_plugin"), "example_plugin:latest");
        assert_eq!(name("__a b-ä.c__"), "a_b_c:latest");
        assert_eq!(name("ä"), "function:latest");
        for text in ["orders", "Example_plugin", "__a b-ä.c__", "ä", ""] {
            Reference::parse(&name(text)).unwrap();
        }
    }
}
