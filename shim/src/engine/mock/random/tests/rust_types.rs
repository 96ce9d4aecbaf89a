//! Schemas as `schemars` makes them, of types of all shapes: what is made deserialises.

#![allow(dead_code, reason = "their fields are only written")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::num::{NonZeroI8, NonZeroU32};
use std::time::Duration;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Random, VALUES, fitting, variety};

/// As plugins make them.
fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

fn made<T: JsonSchema + DeserializeOwned>() -> Vec<T> {
    let schema = schema_of::<T>();
    let values = fitting(schema.as_value());
    let value = |value: serde_json::Value| {
        let text = value.to_string();
        T::deserialize(value).unwrap_or_else(|error| panic!("{text}: {error}\n{schema:?}"))
    };
    values.into_iter().map(value).collect()
}

#[derive(JsonSchema, Deserialize)]
struct Order {
    number: u32,
    customer: Option<Customer>,
    lines: Vec<Line>,
    tags: BTreeSet<String>,
    prices: BTreeMap<String, f64>,
    by_number: HashMap<u16, bool>,
    state: State,
    shape: Shape,
    paid: Payment,
    any: serde_json::Value,
    #[serde(flatten)]
    more: More,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Customer {
    #[schemars(length(min = 1, max = 20))]
    full_name: String,
    #[schemars(email)]
    mail: String,
    #[schemars(url)]
    site: String,
    initial: char,
    pair: (i8, Unit),
    address: IpAddr,
    address6: Ipv6Addr,
}

#[derive(JsonSchema, Deserialize)]
struct Unit;

#[derive(JsonSchema, Deserialize)]
struct Line(u64, f32, #[schemars(range(min = 1, max = 9))] i64);

#[derive(JsonSchema, Deserialize)]
struct More {
    took: Duration,
    change: NonZeroI8,
    count: NonZeroU32,
    array: [i16; 3],
}

#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// New.
    Open,
    Closed,
    Moved(String),
    Late {
        days: u8,
    },
}

#[derive(JsonSchema, Deserialize)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: f64 },
    Square(Square),
    Nothing,
}

#[derive(JsonSchema, Deserialize)]
struct Square {
    side: usize,
}

#[derive(JsonSchema, Deserialize)]
#[serde(tag = "by", content = "with")]
enum Payment {
    Card([u8; 4]),
    Cash,
}

#[derive(JsonSchema, Deserialize)]
#[serde(untagged)]
enum Loose {
    Text(String),
    Flag(bool),
    Both { text: String, flag: bool },
}

#[derive(JsonSchema, Deserialize)]
enum Expression {
    Number(i32),
    Sum(Box<Expression>, Box<Expression>),
    All(Vec<Expression>),
    Named(Box<Named>),
}

#[derive(JsonSchema, Deserialize)]
struct Named {
    name: String,
    value: Expression,
    next: Option<Box<Named>>,
}

#[test]
fn structs_and_enums_of_all_shapes() {
    let orders = made::<Order>();
    assert!(orders.iter().any(|order| order.customer.is_some()));
    assert!(orders.iter().any(|order| order.customer.is_none()));
    assert!(orders.iter().any(|order| !order.prices.is_empty()));
    let late = |order: &&Order| matches!(order.state, State::Late { .. });
    let late = orders.iter().filter(late).count();
    assert!((1..VALUES / 2).contains(&late), "{late}");
    made::<Loose>();
}

#[test]
fn types_that_hold_themselves() {
    let expressions = made::<Expression>();
    let sum = |made: &Expression| matches!(made, Expression::Sum(..));
    assert!(expressions.iter().any(sum));
    assert!(variety(&fitting(schema_of::<Expression>().as_value())) > 50);
}

#[test]
fn types_of_the_library() {
    made::<()>();
    made::<String>();
    made::<Option<u8>>();
    made::<Vec<Option<bool>>>();
    made::<(u8, String)>();
    made::<Result<u8, String>>();
    made::<u64>();
    made::<i128>();
    made::<HashMap<String, Vec<u8>>>();
    made::<serde_json::Map<String, serde_json::Value>>();
}

#[test]
fn a_type_without_values_is_told() {
    #[derive(JsonSchema, Deserialize)]
    struct Endless {
        me: Box<Endless>,
    }
    let schema = schema_of::<Endless>().to_value();
    let misfit = Random::new(schema, Some(1)).check().unwrap_err();
    assert_eq!(misfit.to_string(), "no value was found that fits it");
}
