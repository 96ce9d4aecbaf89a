//! All schemas that apply at one place of a value.

use serde_json::{Map, Value};

use super::Misfit;
use super::rng::Rng;
use super::schema::{Document, list, types};

/// The most schemas at one place; more are references that go round in a circle.
const MAX_SCHEMAS: usize = 256;

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(1 << 1);
    pub(super) const INTEGER: Self = Self(1 << 2);
    /// A number with a fraction; `number` allows both.
    pub(super) const FRACTION: Self = Self(1 << 3);
    pub(super) const STRING: Self = Self(1 << 4);
    pub(super) const ARRAY: Self = Self(1 << 5);
    pub(super) const OBJECT: Self = Self(1 << 6);
    const NUMBER: Self = Self(Self::INTEGER.0 | Self::FRACTION.0);
    const ALL: Self = Self((1 << 7) - 1);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn named(names: &[&str]) -> Self {
        let one = |name: &&str| match *name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self(0),
        };
        Self(names.iter().map(one).fold(0, |all, one| all | one.0))
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) => match number.as_f64() {
                Some(float) if float.fract() != 0.0 => Self::FRACTION,
                _ => Self::INTEGER,
            },
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

/// The schemas that apply at one place, all of which a value has to fit.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    maps: Vec<&'a Map<String, Value>>,
    /// Another try may find other rules or another value.
    pub(super) chosen: bool,
}

impl<'a> Rules<'a> {
    /// Follows references and takes one branch each of `anyOf` and `oneOf`: `least`, the one that
    /// ends soonest.
    pub(super) fn gather(
        schemas: &[&'a Value],
        document: &'a Document,
        rng: &mut Rng,
        least: bool,
    ) -> Result<Self, Misfit> {
        let (mut maps, mut chosen) = (Vec::new(), false);
        let mut todo = schemas.to_vec();
        while let Some(schema) = todo.pop() {
            let map = match schema {
                Value::Bool(false) => return Err(Misfit::Nothing),
                Value::Object(map) => map,
                _ => continue,
            };
            if maps.len() == MAX_SCHEMAS {
                return Err(Misfit::Nothing);
            }
            maps.push(map);
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                todo.push(document.resolve(reference)?);
            }
            todo.extend(list(map, "allOf"));
            for key in ["anyOf", "oneOf"] {
                if map.contains_key(key) {
                    todo.push(branch(list(map, key), document, rng, least)?);
                    chosen = true;
                }
            }
            chosen |= map.contains_key("not");
        }
        Ok(Self { maps, chosen })
    }

    /// What the schemas say under a key.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.maps.iter().filter_map(move |map| map.get(key))
    }

    /// The strictest lower limit of sizes.
    pub(super) fn at_least(&self, key: &str) -> usize {
        let limits = self.all(key).filter_map(Value::as_u64);
        let limit = limits.max().unwrap_or(0);
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

    /// The strictest upper limit of sizes.
    pub(super) fn at_most(&self, key: &str) -> usize {
        let limits = self.all(key).filter_map(Value::as_u64);
        let limit = limits.min().unwrap_or(u64::MAX);
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

    /// The types that all schemas allow.
    pub(super) fn types(&self) -> Types {
        let explicit = self.maps.iter().any(|map| map.contains_key("type"));
        let mut allowed = Types::ALL;
        for map in &self.maps {
            let named = types(map);
            if map.contains_key("type") || (!explicit && !named.is_empty()) {
                allowed.0 &= Types::named(&named).0;
            }
        }
        allowed
    }

    /// Whether nothing at all is said of the type.
    pub(super) fn any_type(&self) -> bool {
        self.types() == Types::ALL
    }

    /// The values to choose from, if they are listed by `const` or `enum`.
    pub(super) fn constants(&self) -> Option<Vec<&'a Value>> {
        let mut listed: Option<Vec<&'a Value>> = None;
        for map in &self.maps {
            let one = map.get("const").map(std::slice::from_ref);
            let several = map.get("enum").and_then(Value::as_array);
            for values in one.into_iter().chain(several.map(Vec::as_slice)) {
                listed = Some(match listed {
                    None => values.iter().collect(),
                    Some(before) => {
                        let both = before.into_iter().filter(|value| values.contains(value));
                        both.collect()
                    }
                });
            }
        }
        let types = self.types();
        let mut listed = listed?;
        listed.retain(|value| types.has(Types::of(value)));
        Some(listed)
    }

    /// Whether a `not` with listed values, or with a type, rules a value out.
    pub(super) fn excludes(&self, value: &Value) -> bool {
        self.all("not").filter_map(Value::as_object).any(|not| {
            let constant = not.get("const").is_some_and(|constant| constant == value);
            let typed = not.len() == 1
                && not.contains_key("type")
                && Types::named(&types(not)).has(Types::of(value));
            constant || typed || list(not, "enum").contains(value)
        })
    }

    /// The names of all properties that have schemas.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for properties in self.all("properties").filter_map(Value::as_object) {
            for name in properties.keys() {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The schemas of a property, also of one that is not named anywhere.
    pub(super) fn property(&self, name: &str) -> Vec<&'a Value> {
        let mut schemas = Vec::new();
        let mut named = false;
        for map in &self.maps {
            let own = map.get("properties").and_then(|all| all.get(name));
            named |= own.is_some();
            schemas.extend(own.or_else(|| map.get("additionalProperties")));
        }
        if !named {
            schemas.extend(self.all("unevaluatedProperties"));
        }
        schemas
    }

    /// The schemas of the item at an index.
    pub(super) fn item(&self, index: usize) -> Vec<&'a Value> {
        let maps = self.maps.iter();
        let item = |map: &&&'a Map<String, Value>| -> Option<&'a Value> {
            list(map, "prefixItems")
                .get(index)
                .or_else(|| map.get("items"))
        };
        maps.filter_map(|map| item(&map)).collect()
    }
}

fn branch<'a>(
    branches: &'a [Value],
    document: &Document,
    rng: &mut Rng,
    least: bool,
) -> Result<&'a Value, Misfit> {
    let heights = branches
        .iter()
        .filter_map(|branch| Some((document.height(branch)?, branch)));
    let finite: Vec<_> = heights.collect();
    let chosen = if least {
        finite.into_iter().min_by_key(|(height, _)| *height)
    } else {
        rng.pick(&finite)
    };
    let (_, branch) = chosen.ok_or(Misfit::Nothing)?;
    Ok(branch)
}
