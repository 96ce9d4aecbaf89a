//! Reads the values of settings; each error says what was found and what was expected.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::functions::PluginPlan;

/// `none` or a value.
pub(super) fn or_none<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<Option<T>, String> {
    move |text| {
        if text == "none" {
            Ok(None)
        } else {
            parse(text).map(Some)
        }
    }
}

/// `500ms`, `3s`, `1m 30s`; more than nothing.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a duration such as 500ms, 3s or 2m, found `{text}`");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from(parsed).map_err(|_| wrong())?;
    // Longer than any process lives; keeps every later sum in range.
    const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
    if duration.is_zero() || duration > LONGEST {
        return Err(format!(
            "expected a duration above zero and below ten years, found `{text}`"
        ));
    }
    Ok(duration)
}

/// A whole number from `least` on.
pub(super) fn number(least: usize) -> impl Fn(&str) -> Result<usize, String> {
    move |text| {
        let number = text.parse::<usize>().ok().filter(|number| *number >= least);
        number.ok_or_else(|| format!("expected a whole number from {least} on, found `{text}`"))
    }
}

/// `1048576`, `64KiB`, `6MiB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.len()
        - text
            .trim_start_matches(|char: char| char.is_ascii_digit())
            .len();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => 0,
    };
    let size = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    size.filter(|_| factor != 0)
        .ok_or_else(|| format!("expected a size such as 65536, 64KiB or 6MiB, found `{text}`"))
}

/// `0` to `65535`.
pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("expected a port from 0 to 65535, found `{text}`"))
}

/// An IP address, or `localhost`.
pub(super) fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::from([127, 0, 0, 1]));
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .map_err(|_| format!("expected an IP address such as 127.0.0.1 or 0.0.0.0, found `{text}`"))
}

/// An address with a port, or a port alone.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    text.parse()
        .or_else(|_| {
            text.trim_start_matches("localhost")
                .trim_start_matches(':')
                .parse()
                .map(local)
        })
        .map_err(|_| {
            format!("expected an address with a port such as 127.0.0.1:8081, found `{text}`")
        })
}

/// `NAME=VALUE`.
pub(crate) fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("expected NAME=VALUE, found `{text}`")),
    }
}

/// A function's name, as Lambda has them.
pub(super) fn function_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        Ok(())
    } else {
        Err(format!(
            "a function's name is up to 64 letters, digits, `-`, `_` and `.`, found `{name}`"
        ))
    }
}

/// A file or folder.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

/// The path of a URL: `/health`.
pub(super) fn url_path(text: &str) -> Result<String, String> {
    let fits = text.starts_with('/') && !text.contains(['?', '#']) && text.is_ascii();
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("expected a path such as /health, found `{text}`"))
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| format!("expected true or false, found `{text}`"))
}

/// `[NAME=]PATH[#HANDLER]`.
pub(super) fn plugin(text: &str) -> Result<PluginPlan, String> {
    let (name, rest) = match text.split_once('=') {
        // A path may hold a `=` too; a name holds no `/`.
        Some((name, rest)) if !name.contains('/') => (Some(name), rest),
        _ => (None, text),
    };
    let (path, handler) = match rest.rsplit_once('#') {
        Some((path, handler)) if !handler.contains('/') => (path, Some(handler)),
        _ => (rest, None),
    };
    if let Some(name) = name {
        function_name(name)?;
    }
    if path.is_empty() || handler.is_some_and(str::is_empty) {
        return Err(format!("expected [NAME=]PATH[#HANDLER], found `{text}`"));
    }
    Ok(PluginPlan {
        name: name.map(str::to_owned),
        path: PathBuf::from(path),
        handler: handler.map(str::to_owned),
    })
}

/// One of a list.
pub(super) fn one_of<T: Copy>(
    choices: &'static [(&'static str, T)],
) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let found = choices.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names = choices
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ");
            format!("expected one of {names}, found `{text}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("3s"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "3", "-3s", "0s", "3x", "soon", "999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("100"), Ok(100));
        assert_eq!(size("6MiB"), Ok(6 << 20));
        assert_eq!(size("6 MiB"), Ok(6 << 20));
        assert_eq!(size("1kB"), Ok(1000));
        for wrong in ["", "MiB", "6Mib", "-1", "1.5MiB", "99999999999GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn plugins() {
        let plan = |text: &str| {
            plugin(text).map(|plan| (plan.name, plan.path.display().to_string(), plan.handler))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(plan("a.so"), Ok((None, "a.so".to_owned(), None)));
        assert_eq!(
            plan("x=./a.so#h"),
            Ok((some("x"), "./a.so".to_owned(), some("h")))
        );
        assert_eq!(plan("/p=q/a.so"), Ok((None, "/p=q/a.so".to_owned(), None)));
        assert_eq!(plan("/p#q/a.so"), Ok((None, "/p#q/a.so".to_owned(), None)));
        for wrong in ["", "=a.so", "x=", "a.so#", "x y=a.so"] {
            assert!(plan(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(
            address("127.0.0.1:81").map(|a| a.to_string()),
            Ok("127.0.0.1:81".to_owned())
        );
        assert_eq!(
            address("8081").map(|a| a.to_string()),
            Ok("127.0.0.1:8081".to_owned())
        );
        assert_eq!(
            address(":8081").map(|a| a.to_string()),
            Ok("127.0.0.1:8081".to_owned())
        );
        assert!(address("x:1").is_err());
        assert_eq!(host("::1").map(|a| a.to_string()), Ok("::1".to_owned()));
        assert!(host("example.com").is_err());
    }
}
