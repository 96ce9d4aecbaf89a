//! A schema, and how deep its least values are.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Misfit;

/// The deepest least value that is made, in levels.
const MAX_HEIGHT: u32 = 64;

/// A schema with all that it refers to.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
    /// By the text of each `$ref`: the height of what it leads to.
    heights: HashMap<String, u32>,
}

impl Document {
    pub(super) fn new(root: Value) -> Self {
        let mut heights = HashMap::new();
        collect(&root, &mut heights);
        let mut document = Self { root, heights };
        // From "none known" down to the least: a type that holds itself takes its height from the
        // branches that do not.
        for _ in 0..MAX_HEIGHT {
            let references = document.heights.keys();
            let next: HashMap<_, _> = references
                .map(|reference| {
                    let target = document.resolve(reference);
                    let height = target.map_or(None, |target| document.height(target));
                    (reference.clone(), height.unwrap_or(u32::MAX))
                })
                .collect();
            let settled = next == document.heights;
            document.heights = next;
            if settled {
                break;
            }
        }
        document
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// What a `$ref` within this document leads to.
    pub(super) fn resolve(&self, reference: &str) -> Result<&Value, Misfit> {
        let pointer = reference.strip_prefix('#').map(percent_decoded);
        let target = pointer.and_then(|pointer| self.root.pointer(&pointer));
        target.ok_or_else(|| Misfit::NoTarget(reference.to_owned()))
    }

    /// Why there is no least value: a reference that leads nowhere, or what the schema asks for.
    pub(super) fn unreachable(&self) -> Misfit {
        let mut references: Vec<_> = self.heights.keys().collect();
        references.sort();
        let mut resolved = references.into_iter().map(|text| self.resolve(text));
        let nowhere = resolved.find_map(Result::err);
        nowhere.unwrap_or(Misfit::Nothing)
    }

    /// How many levels of objects and arrays the least value has that fits the schema; `None`:
    /// nothing fits, or it would never end.
    pub(super) fn height(&self, schema: &Value) -> Option<u32> {
        let map = match schema {
            Value::Bool(false) => return None,
            Value::Object(map) => map,
            _ => return Some(0),
        };
        let mut height = 0;
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let known = self.heights.get(reference).copied();
            height = known.filter(|height| *height <= MAX_HEIGHT)?;
        }
        for part in list(map, "allOf") {
            height = height.max(self.height(part)?);
        }
        for key in ["anyOf", "oneOf"] {
            if map.contains_key(key) {
                let branches = list(map, key).iter();
                let least = branches.filter_map(|branch| self.height(branch)).min()?;
                height = height.max(least);
            }
        }
        if map.contains_key("const") || map.contains_key("enum") {
            return Some(height);
        }
        let own = match types(map).as_slice() {
            ["object"] => self.object(map)?,
            ["array"] => self.array(map)?,
            _ => 0,
        };
        Some(height.max(own))
    }

    fn object(&self, map: &Map<String, Value>) -> Option<u32> {
        let mut height = 0;
        for name in list(map, "required").iter().filter_map(Value::as_str) {
            let property = map.get("properties").and_then(|all| all.get(name));
            let property = property.or_else(|| map.get("additionalProperties"));
            height = height.max(1 + property.map_or(Some(0), |schema| self.height(schema))?);
        }
        Some(height)
    }

    fn array(&self, map: &Map<String, Value>) -> Option<u32> {
        let least = map.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let least = usize::try_from(least).unwrap_or(usize::MAX);
        let first = list(map, "prefixItems");
        let rest = map.get("items").filter(|_| least > first.len());
        let mut height = 0;
        for item in first.iter().take(least).chain(rest) {
            height = height.max(1 + self.height(item)?);
        }
        Some(height)
    }
}

/// The list under a key; empty if there is none.
pub(super) fn list<'a>(map: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    let list = map.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The types that a schema allows by `type`, or to which its other keywords belong; empty: any.
pub(super) fn types(map: &Map<String, Value>) -> Vec<&str> {
    match map.get("type") {
        Some(Value::String(one)) => return vec![one],
        Some(Value::Array(several)) => return several.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    let belongs = |keywords: &[&str]| keywords.iter().any(|word| map.contains_key(*word));
    if belongs(&[
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
    ]) {
        vec!["object"]
    } else if belongs(&[
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "uniqueItems",
    ]) {
        vec!["array"]
    } else if belongs(&["minLength", "maxLength", "pattern"]) {
        vec!["string"]
    } else if belongs(&[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]) {
        vec!["number"]
    } else {
        Vec::new()
    }
}

fn collect(schema: &Value, heights: &mut HashMap<String, u32>) {
    match schema {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                heights.insert(reference.to_owned(), u32::MAX);
            }
            map.values().for_each(|value| collect(value, heights));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, heights)),
        _ => {}
    }
}

/// A reference is a URI: `%3C` stands for `<`.
fn percent_decoded(text: &str) -> String {
    let (mut decoded, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digit = |at: usize| {
            after
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = &after[2..];
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
