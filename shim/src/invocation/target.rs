//! How callers name functions: names, partial and full ARNs, qualifiers.
//!
//! Source: the model of the Lambda API (`NamespacedFunctionName`, `Qualifier`) and recordings of
//! how Lambda resolves them.

use std::fmt;

/// Where functions pretend to live: what their ARNs say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The region: `us-east-1`.
    pub region: String,
    /// The account: twelve digits.
    pub account: String,
}

impl Home {
    /// The ARN of a function, with a qualifier if there is one.
    pub fn arn(&self, name: &str, qualifier: Option<&str>) -> String {
        let Self { region, account } = self;
        let arn = ["arn:aws:lambda:", region, ":", account, ":function:", name];
        match qualifier {
            None => arn.concat(),
            Some(qualifier) => [&arn.concat(), ":", qualifier].concat(),
        }
    }
}

impl Default for Home {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
        }
    }
}

/// The qualifier that stands for the function as it is now.
pub const LATEST: &str = "$LATEST";

/// A function as a caller names it: a bare name, and the version or alias it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a> {
    /// The bare name. It may be longer than any function's name: nothing is found then.
    pub name: &'a str,
    /// The version or alias; `None`: the caller named none.
    pub qualifier: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Reads a function's name (decoded: `f`, `f:PROD`, `function:f`, `123456789012:function:f`, a
    /// full ARN, each with or without a qualifier) and the `Qualifier` of the request.
    ///
    /// # Errors
    /// One of them does not look like one, they contradict each other, or the ARN is of another
    /// region or account than `home`.
    pub fn parse(
        name: &'a str,
        qualifier: Option<&'a str>,
        home: &Home,
    ) -> Result<Self, TargetError> {
        // Most say no more than the bare name.
        if qualifier.is_none() && name.len() <= MAX_NAME && is_name(name) {
            return Ok(Self {
                name,
                qualifier: None,
            });
        }
        let parts = Parts::parse(name).filter(|_| name.len() <= MAX_NAME);
        let qualifier_fits =
            qualifier.is_none_or(|text| is_qualifier(text) && text.len() <= MAX_QUALIFIER);
        let Some(parts) = parts.filter(|_| qualifier_fits) else {
            let mut violations = Vec::new();
            if !qualifier_fits {
                violations.push(Violation::of(
                    "qualifier",
                    qualifier.unwrap_or_default(),
                    QUALIFIER_PATTERN,
                    MAX_QUALIFIER,
                ));
            }
            if Parts::parse(name).is_none() || name.len() > MAX_NAME {
                violations.push(Violation::of("functionName", name, NAME_PATTERN, MAX_NAME));
            }
            return Err(TargetError::Invalid { violations });
        };
        if let Some(region) = parts.region.filter(|region| *region != home.region) {
            return Err(TargetError::OtherRegion {
                theirs: region.to_owned(),
                ours: home.region.clone(),
            });
        }
        if parts.account.is_some_and(|account| account != home.account) {
            return Err(TargetError::OtherAccount {
                arn: name.to_owned(),
            });
        }
        let qualifier = match (parts.qualifier, qualifier) {
            (Some(inner), Some(outer)) if inner != outer => {
                return Err(TargetError::QualifiersDiffer);
            }
            (inner, outer) => inner.or(outer),
        };
        Ok(Self {
            name: parts.name,
            qualifier,
        })
    }

    /// Its ARN, with the qualifier that the caller used, or `$LATEST`: as Lambda tells it when the
    /// function is not found.
    pub fn qualified_arn(&self, home: &Home) -> String {
        home.arn(self.name, Some(self.qualifier.unwrap_or(LATEST)))
    }
}

/// Why a name cannot be resolved. The texts are Lambda's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Name or qualifier do not match their patterns.
    #[error("{}", validation_text(violations))]
    Invalid {
        /// What is wrong, the qualifier first.
        violations: Vec<Violation>,
    },
    /// One qualifier stands in the name, another one in the query.
    #[error("The derived qualifier from the function name does not match the specified qualifier.")]
    QualifiersDiffer,
    /// The ARN is of another region.
    #[error("Functions from '{theirs}' are not reachable in this region ('{ours}')")]
    OtherRegion {
        /// The ARN's.
        theirs: String,
        /// Where we are.
        ours: String,
    },
    /// The ARN is of another account.
    #[error("User is not authorized to perform: lambda:InvokeFunction on resource: {arn}")]
    OtherAccount {
        /// As it was given.
        arn: String,
    },
}

/// One value that does not satisfy its constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(String);

impl Violation {
    fn of(member: &str, value: &str, pattern: &str, longest: usize) -> Self {
        let constraint = if value.len() > longest {
            format!("Member must have length less than or equal to {longest}")
        } else {
            format!("Member must satisfy regular expression pattern: {pattern}")
        };
        Self(format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn validation_text(violations: &[Violation]) -> String {
    let plural = if violations.len() == 1 { "" } else { "s" };
    let all: Vec<_> = violations.iter().map(Violation::to_string).collect();
    format!(
        "{} validation error{plural} detected: {}",
        violations.len(),
        all.join("; ")
    )
}

/// The longest name that is read, with all that may stand around the bare one.
const MAX_NAME: usize = 256;
const MAX_QUALIFIER: usize = 128;

const NAME_PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";
const QUALIFIER_PATTERN: &str = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";

/// A name taken apart.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// By the pattern of the model: what may be left out is taken where it can be, but a name that
    /// only fits without is read without.
    fn parse(text: &'a str) -> Option<Self> {
        if is_name(text) {
            // A bare one, as most are.
            return Some(Self {
                region: None,
                account: None,
                name: text,
                qualifier: None,
            });
        }
        let rest = strip_prefix(text).unwrap_or(text);
        let segments: Vec<&str> = rest.split(':').collect();
        let taken = |bits: u8| {
            let mut left = segments.as_slice();
            let mut take = |bit: u8, fits: fn(&str) -> bool| -> Option<Option<&'a str>> {
                if bits & bit != 0 {
                    return Some(None);
                }
                let (first, others) = left.split_first()?;
                if others.is_empty() || !fits(first) {
                    return None;
                }
                left = others;
                Some(Some(first))
            };
            let region = take(4, is_region)?;
            let account = take(2, is_account)?;
            take(1, |text| text == "function")?;
            let (name, qualifier) = match left {
                [name] => (name, None),
                [name, qualifier] => (name, Some(*qualifier)),
                _ => return None,
            };
            let fits = is_name(name) && qualifier.is_none_or(is_inner_qualifier);
            fits.then_some(Self {
                region,
                account,
                name,
                qualifier,
            })
        };
        (0..8).find_map(taken)
    }
}

/// What follows `arn:aws:lambda:`.
fn strip_prefix(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("arn:")?;
    let (partition, rest) = rest.split_once(':')?;
    let known = partition.is_empty()
        || partition.strip_prefix("aws").is_some_and(|more| {
            more.bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        });
    rest.strip_prefix("lambda:").filter(|_| known)
}

/// `us-east-1`, `us-gov-west-1`, `us-isob-east-1`, `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let parts: Vec<_> = text.split('-').collect();
    let (country, middle, area, number) = match parts.as_slice() {
        [country, area, number] => (*country, None, *area, *number),
        [country, middle, area, number] => (*country, Some(*middle), *area, *number),
        _ => return false,
    };
    let lower = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
    let partition = |text: &str| {
        let iso = text.strip_prefix("iso");
        text == "gov" || iso.is_some_and(|more| more.is_empty() || lower(more) && more.len() == 1)
    };
    country.len() == 2
        && lower(country)
        && middle.is_none_or(partition)
        && lower(area)
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a function may have this name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_word(byte) || byte == b'.')
}

/// Whether a version may be called so: a number.
pub fn is_version(text: &str) -> bool {
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an alias may be called so: as a name, but not a number.
pub fn is_alias(text: &str) -> bool {
    let number = text.bytes().all(|byte| byte.is_ascii_digit());
    !number && text.len() <= MAX_QUALIFIER && text.bytes().all(is_word)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_latest(text: &str) -> bool {
    text == LATEST || text == "$LATEST.PUBLISHED"
}

fn is_inner_qualifier(text: &str) -> bool {
    is_latest(text) || !text.is_empty() && text.bytes().all(is_word)
}

fn is_qualifier(text: &str) -> bool {
    is_latest(text) || !text.is_empty() && text.bytes().all(|byte| is_word(byte) || byte == b'$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, qualifier: Option<&str>) -> Result<(String, Option<String>), TargetError> {
        Target::parse(name, qualifier, &Home::default())
            .map(|target| (target.name.to_owned(), target.qualifier.map(str::to_owned)))
    }

    fn named(name: &str, qualifier: Option<&str>) -> Result<(String, Option<String>), TargetError> {
        Ok((name.to_owned(), qualifier.map(str::to_owned)))
    }

    #[test]
    fn every_form_of_a_name_leads_to_the_function() {
        let forms = [
            "f",
            "function:f",
            "123456789012:f",
            "123456789012:function:f",
            "us-east-1:123456789012:function:f",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "arn:aws:lambda:f",
            "arn::lambda:us-east-1:123456789012:function:f",
        ];
        for form in forms {
            assert_eq!(parse(form, None), named("f", None), "{form}");
            let aliased = format!("{form}:PROD");
            assert_eq!(parse(&aliased, None), named("f", Some("PROD")), "{form}");
            assert_eq!(parse(&aliased, Some("PROD")), named("f", Some("PROD")));
            let latest = format!("{form}:$LATEST");
            assert_eq!(parse(&latest, None), named("f", Some("$LATEST")), "{form}");
            assert_eq!(parse(form, Some("7")), named("f", Some("7")), "{form}");
        }
    }

    #[test]
    fn what_could_be_two_things_is_read_as_lambda_reads_it() {
        assert_eq!(parse("function", None), named("function", None));
        assert_eq!(parse("function:function", None), named("function", None));
        // An ARN that ends where the name should begin.
        let cut = "arn:aws:lambda:us-east-1:123456789012:function";
        assert_eq!(parse(cut, None), named("function", None));
        assert_eq!(
            parse("us-east-1:$LATEST", None),
            named("us-east-1", Some("$LATEST"))
        );
        assert_eq!(parse("us-east-1", None), named("us-east-1", None));
        assert_eq!(parse("orders.create", None), named("orders.create", None));
    }

    #[test]
    fn what_is_no_name_is_told_with_the_pattern() {
        for bad in ["my-function:1:2", "a b", "", "a/b", "f:$latest", "ä", "f:"] {
            let error = parse(bad, None).unwrap_err().to_string();
            let begin = format!(
                "1 validation error detected: Value '{bad}' at 'functionName' failed to satisfy \
                 constraint: Member must satisfy regular expression pattern: (arn:"
            );
            assert!(error.starts_with(&begin), "{error}");
        }
        let both = parse("a b", Some("c d")).unwrap_err().to_string();
        assert!(both.starts_with("2 validation errors detected: Value 'c d' at 'qualifier'"));
        assert!(both.contains("; Value 'a b' at 'functionName'"));
        let long = "x".repeat(257);
        let error = parse(&long, None).unwrap_err().to_string();
        assert!(error.ends_with("Member must have length less than or equal to 256"));
        assert_eq!(parse(&"x".repeat(65), None).unwrap().0.len(), 65);
    }

    #[test]
    fn a_contradiction_and_another_home_are_told() {
        assert_eq!(parse("f:1", Some("2")), Err(TargetError::QualifiersDiffer));
        let error = parse("arn:aws:lambda:eu-west-1:123456789012:function:f", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
        );
        let other = parse("arn:aws:lambda:us-east-1:210987654321:function:f", None);
        assert!(matches!(other, Err(TargetError::OtherAccount { .. })));
    }

    #[test]
    fn an_arn_carries_the_qualifier() {
        let home = Home::default();
        let target = |name| Target::parse(name, None, &home).unwrap();
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        assert_eq!(target("f").qualified_arn(&home), format!("{arn}:$LATEST"));
        assert_eq!(target("f:7").qualified_arn(&home), format!("{arn}:7"));
        assert_eq!(home.arn("f", None), arn);
    }

    #[test]
    fn no_text_makes_it_panic() {
        let pieces = [
            ":",
            "arn",
            "aws",
            "lambda",
            "function",
            "us-east-1",
            "1",
            "$",
            "é",
            "",
        ];
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..seed % 9 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
                text.push_str(if seed & (1 << 40) == 0 { ":" } else { "" });
            }
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let _ = parse(&text, Some(&text));
        }
    }
}
