//! What is made fits its schema, as another implementation of JSON Schema sees it.

mod rust_types;

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Misfit, Random};

/// How many values are made of each schema.
const VALUES: usize = 200;

/// The values that are made of a schema, each of which fits.
fn fitting(schema: &Value) -> Vec<Value> {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    let random = Random::new(schema.clone(), Some(7));
    let value = |_| {
        let json = random
            .next()
            .unwrap_or_else(|misfit| panic!("{schema:#}: {misfit}"));
        let value = serde_json::from_slice(&json).unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{value}: {error} {}\n{schema:#}", error.schema_path());
        }
        value
    };
    (0..VALUES).map(value).collect()
}

fn misfit(schema: Value) -> Misfit {
    Random::new(schema, Some(7)).check().unwrap_err()
}

/// How many different values there are.
fn variety(values: &[Value]) -> usize {
    values
        .iter()
        .map(Value::to_string)
        .collect::<HashSet<_>>()
        .len()
}

#[test]
fn the_same_seed_makes_the_same_sequence() {
    let schema = json!({"type": "array", "items": {"type": "integer"}, "minItems": 2});
    let sequence = |seed| {
        let random = Random::new(schema.clone(), seed);
        // Trying takes nothing from the sequence.
        random.check().unwrap();
        (0..20).map(|_| random.next().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(sequence(Some(3)), sequence(Some(3)));
    assert_ne!(sequence(Some(3)), sequence(Some(4)));
    assert_ne!(sequence(None), sequence(None));
    let different: HashSet<_> = sequence(Some(3)).into_iter().collect();
    assert_eq!(different.len(), 20);
}

#[test]
fn numbers_keep_within_their_limits() {
    for schema in [
        json!({"type": "integer"}),
        json!({"type": "integer", "minimum": 3, "maximum": 5}),
        json!({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5.0}),
        json!({"type": "integer", "minimum": -1.5, "exclusiveMaximum": 1.5}),
        json!({"type": "integer", "minimum": 5000}),
        json!({"type": "integer", "maximum": -5000}),
        json!({"type": "integer", "multipleOf": 7, "minimum": -20, "maximum": 20}),
        json!({"type": "integer", "multipleOf": 0.5, "maximum": 9}),
        json!({"type": "integer", "minimum": 1u64 << 63}),
        json!({"type": "integer", "format": "uint8", "maximum": 300}),
        json!({"type": "number"}),
        json!({"type": "number", "minimum": 0, "exclusiveMaximum": 0.001}),
        json!({"type": "number", "minimum": 2.5, "maximum": 2.5}),
        json!({"type": "number", "exclusiveMinimum": 1e300}),
        json!({"type": "number", "multipleOf": 0.25, "minimum": 1, "maximum": 3}),
        json!({"minimum": 3, "maximum": 4}),
    ] {
        fitting(&schema);
    }
    assert!(variety(&fitting(&json!({"type": "integer"}))) > 100);
    let two = fitting(&json!({"type": "integer", "minimum": 1, "maximum": 2}));
    assert_eq!(variety(&two), 2);
}

#[test]
fn texts_keep_to_their_length_and_format() {
    for schema in [
        json!({"type": "string"}),
        json!({"type": "string", "maxLength": 0}),
        json!({"type": "string", "maxLength": 2}),
        json!({"type": "string", "minLength": 40, "maxLength": 41}),
        json!({"type": "string", "format": "uuid", "maxLength": 36}),
        // The pattern of a format goes before its name.
        json!({"type": "string", "format": "no-such-format"}),
    ] {
        fitting(&schema);
    }
    for format in [
        "date-time",
        "date",
        "time",
        "duration",
        "uuid",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "ipv4",
        "ipv6",
        "json-pointer",
    ] {
        let made = fitting(&json!({"type": "string", "format": format}));
        assert!(variety(&made) > 20, "{format}: {made:?}");
    }
    // A length goes before a format.
    let short = Random::new(
        json!({"type": "string", "format": "uuid", "maxLength": 3}),
        None,
    );
    assert_eq!(short.next().unwrap().len(), "\"abc\"".len());
}

#[test]
fn arrays_keep_to_their_length_and_items() {
    for schema in [
        json!({"type": "array"}),
        json!({"type": "array", "items": {"type": "null"}, "maxItems": 1}),
        json!({"type": "array", "items": {"type": "boolean"}, "minItems": 4, "maxItems": 9}),
        json!({"type": "array", "items": {"type": "boolean"}, "uniqueItems": true}),
        json!({"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": true, "minItems": 3}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}],
               "items": false, "minItems": 2}),
        json!({"prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 3}),
        json!({"type": "array", "items": false}),
    ] {
        fitting(&schema);
    }
}

#[test]
fn objects_have_what_they_must_and_may_have() {
    let schema = json!({
        "type": "object", "required": ["a", "unnamed"], "additionalProperties": {"type": "null"},
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": false},
    });
    let made = fitting(&schema);
    let with = made.iter().filter(|value| value.get("b").is_some()).count();
    assert!((VALUES / 2..VALUES).contains(&with), "{with}");
    for schema in [
        json!({"type": "object"}),
        json!({"type": "object", "minProperties": 2, "maxProperties": 2,
               "properties": {"a": true, "b": true, "c": true}}),
        json!({"type": "object", "minProperties": 3, "properties": {"a": true}}),
        json!({"type": "object", "maxProperties": 1, "properties": {"a": true, "b": true}}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}),
        json!({"type": "object", "additionalProperties": true,
               "propertyNames": {"enum": ["x", "y"]}, "minProperties": 2}),
        json!({"type": "object", "properties": {"a": true}, "additionalProperties": false}),
    ] {
        fitting(&schema);
    }
}

#[test]
fn schemas_are_put_together() {
    for schema in [
        json!(true),
        json!({}),
        json!({"type": ["string", "null"], "maxLength": 3}),
        json!({"enum": [1, "two", null, {"three": 3}]}),
        json!({"enum": [1, "two", 3], "type": "integer"}),
        json!({"enum": [1, 2, 3], "allOf": [{"enum": [2, 3, 4]}, {"const": 3}]}),
        json!({"allOf": [{"minimum": 3}, {"maximum": 9}], "type": "integer", "maximum": 4}),
        json!({"allOf": [
            {"properties": {"a": {"minimum": 1}}, "required": ["a"]},
            {"properties": {"a": {"maximum": 2, "type": "integer"}}, "type": "object"},
        ]}),
        json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        json!({"oneOf": [{"type": "null"}, {"type": "string"}, {"type": "array", "items": {}}]}),
        // Some branches do not go with the rest.
        json!({"type": "integer", "anyOf": [{"type": "string"}, {"minimum": 4}]}),
        json!({"type": "integer", "not": {"const": 0}, "minimum": 0, "maximum": 1}),
        json!({"type": ["integer", "null"], "not": {"type": "null"}}),
        json!({"$ref": "#/definitions/A%3Cu8%3E", "definitions": {"A<u8>": {"const": 8}}}),
    ] {
        fitting(&schema);
    }
}

#[test]
fn what_holds_itself_ends() {
    let tree = json!({
        "$ref": "#/$defs/tree",
        "$defs": {
            "tree": {"oneOf": [
                {"type": "object", "required": ["left", "right"], "additionalProperties": false,
                 "properties": {"left": {"$ref": "#/$defs/tree"},
                                "right": {"$ref": "#/$defs/tree"}}},
                {"type": "object", "required": ["leaf"], "additionalProperties": false,
                 "properties": {"leaf": {"type": "integer"}}},
            ]},
        },
    });
    let deepest = fitting(&tree).iter().map(depth).max();
    assert!((3..=8).contains(&deepest.unwrap()), "{deepest:?}");
    let wide = json!({"type": "array", "items": {"$ref": "#"}, "maxItems": 50});
    fitting(&wide);
    let list = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"const": 1}}});
    fitting(&list);
    // A branch that never ends is never taken.
    let endless = json!({"anyOf": [
        {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#/anyOf/0"}}},
        {"type": "object", "properties": {"y": {"$ref": "#/anyOf/0"}},
         "additionalProperties": false},
    ]});
    fitting(&endless);
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn what_cannot_be_made_is_told() {
    for schema in [
        json!(false),
        json!({"type": "integer", "minimum": 5, "maximum": 4}),
        json!({"type": "number", "minimum": 5, "maximum": 4}),
        json!({"type": "string", "minLength": 5, "maxLength": 4}),
        json!({"type": "array", "items": {"const": 1}, "uniqueItems": true, "minItems": 2}),
        json!({"allOf": [{"type": "string"}, {"type": "null"}]}),
        json!({"required": ["a"], "properties": {"a": false}}),
        json!({"enum": []}),
        json!({"anyOf": []}),
        json!({"$ref": "#"}),
        json!({"type": "object", "required": ["me"], "properties": {"me": {"$ref": "#"}}}),
    ] {
        let text = schema.to_string();
        assert_eq!(misfit(schema), Misfit::Nothing, "{text}");
    }
    for reference in ["#/$defs/none", "https://example.com/schema"] {
        let expected = Misfit::NoTarget(reference.to_owned());
        assert_eq!(misfit(json!({"$ref": reference})), expected);
    }
}

#[test]
fn what_is_too_large_is_not_made() {
    let huge = 1u64 << 40;
    let mut doubling = json!({"d0": {"const": 1}});
    for level in 1..40 {
        let half = format!("#/$defs/d{}", level - 1);
        doubling[format!("d{level}")] = json!({
            "type": "object", "required": ["a", "b"],
            "properties": {"a": {"$ref": half}, "b": {"$ref": half}},
        });
    }
    for schema in [
        json!({"type": "string", "minLength": huge}),
        json!({"type": "array", "minItems": huge}),
        json!({"type": "object", "minProperties": huge}),
        json!({"type": "array", "items": {"const": "x".repeat(1 << 20)}, "minItems": 7}),
        json!({"$ref": "#/$defs/d39", "$defs": doubling}),
    ] {
        assert_eq!(misfit(schema), Misfit::TooLarge);
    }
}
