//! Texts of a format or a length.

use serde_json::Value;

use super::Misfit;
use super::rng::Rng;
use super::rules::Rules;

/// The longest text that is made where the schema allows any.
const USUAL_LENGTH: usize = 12;

/// How often another text of a format is tried, if the first has not the right length.
const TRIES: usize = 8;

/// A text; one of a known format if that goes with the limits of its length. `room`: its longest
/// length at all.
pub(super) fn text(rules: &Rules<'_>, rng: &mut Rng, room: usize) -> Result<String, Misfit> {
    let (min, max) = (rules.at_least("minLength"), rules.at_most("maxLength"));
    if min > max {
        return Err(Misfit::Nothing);
    }
    if min > room {
        return Err(Misfit::TooLarge);
    }
    for format in rules.all("format").filter_map(Value::as_str) {
        for _ in 0..TRIES {
            match of_format(format, rng) {
                Some(text) if (min..=max).contains(&text.len()) => return Ok(text),
                Some(_) => {}
                None => break,
            }
        }
    }
    let high = max.min(min.max(USUAL_LENGTH)).min(room);
    let low = min.max(3).min(high);
    Ok(word(rng, low, high))
}

/// A word of lower-case letters with a length from `low` to `high`.
pub(super) fn word(rng: &mut Rng, low: usize, high: usize) -> String {
    let length = low + rng.below(high.saturating_sub(low) + 1);
    let letter = |rng: &mut Rng| char::from(b'a' + u8::try_from(rng.below(26)).unwrap_or(0));
    (0..length).map(|_| letter(rng)).collect()
}

fn of_format(format: &str, rng: &mut Rng) -> Option<String> {
    Some(match format {
        "date-time" => format!("{}T{}Z", date(rng), time(rng)),
        "date" => date(rng),
        "time" => time(rng) + "Z",
        // Of chrono and jiff: without an offset.
        "partial-date-time" => format!("{}T{}", date(rng), time(rng)),
        "partial-time" => time(rng),
        "duration" => format!("PT{}M{}S", rng.below(60), rng.below(60)),
        "uuid" => uuid(rng),
        "email" | "idn-email" => format!("{}@{}", word(rng, 3, 8), domain(rng)),
        "hostname" | "idn-hostname" => domain(rng),
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => {
            format!("https://{}/{}", domain(rng), word(rng, 3, 8))
        }
        "ip" | "ipv4" => {
            // Of the networks that are for documentation.
            format!("192.0.2.{}", 1 + rng.below(254))
        }
        "ipv6" => format!("2001:db8::{:x}", 1 + rng.below(0xfffe)),
        "json-pointer" => format!("/{}", word(rng, 3, 8)),
        _ => return None,
    })
}

/// Of a domain that is for documentation.
fn domain(rng: &mut Rng) -> String {
    format!("{}.example.com", word(rng, 3, 8))
}

fn date(rng: &mut Rng) -> String {
    let (year, month, day) = (2000 + rng.below(40), 1 + rng.below(12), 1 + rng.below(28));
    format!("{year:04}-{month:02}-{day:02}")
}

fn time(rng: &mut Rng) -> String {
    let (hour, minute, second) = (rng.below(24), rng.below(60), rng.below(60));
    format!("{hour:02}:{minute:02}:{second:02}")
}

fn uuid(rng: &mut Rng) -> String {
    let bytes = (u128::from(rng.next()) << 64) | u128::from(rng.next());
    let uuid = uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid();
    uuid.hyphenated().to_string()
}
