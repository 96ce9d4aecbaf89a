//! Builds a value from the outside in.

use serde_json::{Map, Value};

use super::rng::Rng;
use super::rules::{Rules, Types};
use super::schema::Document;
use super::{MAX_ANSWER, Misfit, number, text};

/// Beyond this many levels, only what must be there is made.
const FULL_DEPTH: usize = 5;

/// The deepest value.
const MAX_DEPTH: usize = 100;

/// What a value counts for beside its text: bounds how many there are.
const WEIGHT: usize = 64;

/// After this much, only what must be there is made.
const FULL_WEIGHT: usize = 64 << 10;

/// How often another branch is tried where the first contradicts its surroundings.
const TRIES: usize = 32;

/// How often another item or name is tried where one is there already.
const UNIQUE_TRIES: usize = 100;

/// The most items that are made where the schema allows any number.
const USUAL_ITEMS: usize = 3;

pub(super) struct Generator<'a> {
    document: &'a Document,
    rng: Rng,
    weight: usize,
}

impl<'a> Generator<'a> {
    pub(super) fn new(document: &'a Document, rng: Rng) -> Self {
        Self {
            document,
            rng,
            weight: 0,
        }
    }

    /// A value that fits the whole schema.
    pub(super) fn root(mut self) -> Result<Value, Misfit> {
        let root = self.document.root();
        if self.document.height(root).is_none() {
            return Err(self.document.unreachable());
        }
        self.value(&[root], 0)
    }

    fn spend(&mut self, weight: usize) -> Result<(), Misfit> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_ANSWER {
            return Err(Misfit::TooLarge);
        }
        Ok(())
    }

    /// Whether to make only what must be there.
    fn sparing(&self, depth: usize) -> bool {
        depth >= FULL_DEPTH || self.weight > FULL_WEIGHT
    }

    fn value(&mut self, schemas: &[&'a Value], depth: usize) -> Result<Value, Misfit> {
        if depth > MAX_DEPTH {
            return Err(Misfit::TooLarge);
        }
        let mut misfit = Misfit::Nothing;
        for attempt in 0..TRIES {
            self.spend(WEIGHT)?;
            let least = attempt == 0 && self.sparing(depth);
            let rules = match Rules::gather(schemas, self.document, &mut self.rng, least) {
                // The branches are those of a place further out, too.
                Err(Misfit::Nothing) if attempt + 1 < TRIES => continue,
                gathered => gathered?,
            };
            match self.of_any_type(&rules, depth) {
                Ok(value) if !rules.excludes(&value) => return Ok(value),
                Err(Misfit::TooLarge) => return Err(Misfit::TooLarge),
                Err(other) => misfit = other,
                Ok(_) => {}
            }
            if !rules.chosen {
                break;
            }
        }
        Err(misfit)
    }

    fn of_any_type(&mut self, rules: &Rules<'a>, depth: usize) -> Result<Value, Misfit> {
        if let Some(constants) = rules.constants() {
            let value = self.rng.pick(&constants).ok_or(Misfit::Nothing)?;
            self.spend(length(value))?;
            return Ok(value.clone());
        }
        match self.choose_type(rules, depth)? {
            Types::NULL => Ok(Value::Null),
            Types::BOOLEAN => Ok((self.rng.below(2) == 1).into()),
            Types::INTEGER => number::integer(rules, &mut self.rng),
            Types::FRACTION => number::any(rules, &mut self.rng),
            Types::STRING => self.text(rules),
            Types::ARRAY => self.array(rules, depth),
            _ => self.object(rules, depth),
        }
    }

    fn choose_type(&mut self, rules: &Rules<'a>, depth: usize) -> Result<Types, Misfit> {
        let (allowed, flat) = (rules.types(), self.sparing(depth) || rules.any_type());
        let number = if allowed.has(Types::FRACTION) {
            Types::FRACTION
        } else {
            Types::INTEGER
        };
        let all = [
            Types::NULL,
            Types::BOOLEAN,
            number,
            Types::STRING,
            Types::ARRAY,
            Types::OBJECT,
        ];
        let mut choices = all.to_vec();
        choices.retain(|one| allowed.has(*one));
        if flat {
            let nested = |one: &Types| [Types::ARRAY, Types::OBJECT].contains(one);
            let without: Vec<_> = choices.iter().copied().filter(|one| !nested(one)).collect();
            if !without.is_empty() {
                choices = without;
            }
        }
        self.rng.pick(&choices).ok_or(Misfit::Nothing)
    }

    fn text(&mut self, rules: &Rules<'a>) -> Result<Value, Misfit> {
        let text = text::text(rules, &mut self.rng, MAX_ANSWER - self.weight)?;
        self.spend(text.len())?;
        Ok(text.into())
    }

    fn array(&mut self, rules: &Rules<'a>, depth: usize) -> Result<Value, Misfit> {
        let (min, max) = (rules.at_least("minItems"), rules.at_most("maxItems"));
        let tuple = rules.all("prefixItems").filter_map(Value::as_array);
        let tuple = tuple.map(Vec::len).max().unwrap_or(0);
        let wanted = if self.sparing(depth) {
            min
        } else if tuple > 0 {
            tuple.min(max).max(min)
        } else {
            let spare = max.saturating_sub(min).min(USUAL_ITEMS);
            min + self.rng.below(spare + 1)
        };
        let unique = rules.all("uniqueItems").any(|unique| unique == true);
        let (mut items, mut tries) = (Vec::new(), 0);
        while items.len() < wanted {
            match self.optional(&rules.item(items.len()), items.len() < min, depth)? {
                Some(item) if unique && items.contains(&item) => tries += 1,
                Some(item) => {
                    items.push(item);
                    tries = 0;
                }
                None => break,
            }
            if tries == UNIQUE_TRIES {
                break;
            }
        }
        if items.len() < min || min > max {
            return Err(Misfit::Nothing);
        }
        Ok(items.into())
    }

    fn object(&mut self, rules: &Rules<'a>, depth: usize) -> Result<Value, Misfit> {
        let (min, max) = (
            rules.at_least("minProperties"),
            rules.at_most("maxProperties"),
        );
        let (mut object, sparing) = (Map::new(), self.sparing(depth));
        let required = rules.all("required").filter_map(Value::as_array).flatten();
        for name in required.filter_map(Value::as_str) {
            if !object.contains_key(name) {
                let property = self.value(&rules.property(name), depth + 1)?;
                self.put(&mut object, name, property)?;
            }
        }
        let names = rules.names();
        let others = names.iter().filter(|name| !object.contains_key(**name));
        let others: Vec<_> = others.copied().collect();
        for (at, name) in others.iter().enumerate() {
            // Those that are left may all be needed.
            let needed = object.len() + (others.len() - at) <= min;
            if object.len() < max && (needed || (!sparing && self.rng.mostly())) {
                let property = self.optional(&rules.property(name), false, depth)?;
                if let Some(property) = property {
                    self.put(&mut object, name, property)?;
                }
            }
        }
        self.more_properties(rules, &mut object, (min, max), depth)?;
        if object.len() < min || object.len() > max {
            return Err(Misfit::Nothing);
        }
        Ok(object.into())
    }

    /// The entries of a map, whose names no schema knows.
    fn more_properties(
        &mut self,
        rules: &Rules<'a>,
        object: &mut Map<String, Value>,
        (min, max): (usize, usize),
        depth: usize,
    ) -> Result<(), Misfit> {
        let is_map = rules.names().is_empty() && rules.all("additionalProperties").next().is_some();
        let mut wanted = min;
        if is_map && !self.sparing(depth) {
            wanted = (min + self.rng.below(USUAL_ITEMS)).min(max);
        }
        let of_names: Vec<_> = rules.all("propertyNames").collect();
        let mut tries = 0;
        while object.len() < wanted && tries < UNIQUE_TRIES {
            let name = if of_names.is_empty() {
                text::word(&mut self.rng, 3, 10)
            } else {
                match self.value(&of_names, depth + 1)? {
                    Value::String(name) => name,
                    _ => text::word(&mut self.rng, 3, 10),
                }
            };
            tries += 1;
            if !object.contains_key(&name) {
                let Some(value) = self.optional(&rules.property(&name), false, depth)? else {
                    break;
                };
                self.put(object, &name, value)?;
                tries = 0;
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        object: &mut Map<String, Value>,
        name: &str,
        value: Value,
    ) -> Result<(), Misfit> {
        self.spend(name.len())?;
        object.insert(name.to_owned(), value);
        Ok(())
    }

    /// A part of a value that may be left out, unless it must be there, if nothing fits it.
    fn optional(
        &mut self,
        schemas: &[&'a Value],
        must: bool,
        depth: usize,
    ) -> Result<Option<Value>, Misfit> {
        let never_ends = schemas
            .iter()
            .any(|schema| self.document.height(schema).is_none());
        if never_ends && !must {
            return Ok(None);
        }
        match self.value(schemas, depth + 1) {
            Ok(value) => Ok(Some(value)),
            Err(Misfit::Nothing) if !must => Ok(None),
            Err(misfit) => Err(misfit),
        }
    }
}

/// About as long as its JSON.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| WEIGHT + length(item)).sum(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| WEIGHT + name.len() + length(value))
            .sum(),
        _ => 0,
    }
}
