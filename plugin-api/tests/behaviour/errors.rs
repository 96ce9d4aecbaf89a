//! What callers see of an error.

use std::error::Error as StdError;
use std::{fmt, io};

use anyhow::Context as _;
use plugin_api::testing::Function;
use plugin_api::{Error, handler};

#[derive(Debug)]
struct StockError(io::Error);

impl fmt::Display for StockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot reach the stock service")
    }
}

impl StdError for StockError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused")
}

#[handler]
fn fails_in_many_ways(how: String) -> Result<(), Error> {
    match how.as_str() {
        "number" => drop("x".parse::<u8>()?),
        "chain" => return Err(StockError(refused()).into()),
        "anyhow" => Err(refused()).context("cannot reach the stock service")?,
        "boxed" => Err(Box::<dyn StdError + Send + Sync>::from(StockError(
            refused(),
        )))?,
        "text" => Err("no such item")?,
        "owned" => Err(format!("no item {}", 7))?,
        "io" => Err(refused())?,
        "named" => return Err(Error::new("OutOfStock", "3 left")),
        "renamed" => return Err(Error::from(refused()).with_name("StockDown")),
        _ => {}
    }
    Ok(())
}

#[test]
fn any_error_has_a_name_and_a_message() {
    let function = Function::<fails_in_many_ways>::load().unwrap();
    let chain = "cannot reach the stock service: connection refused";
    for (how, name, message) in [
        ("number", "ParseIntError", "invalid digit found in string"),
        ("chain", "StockError", chain),
        ("anyhow", "Error", chain),
        ("boxed", "Error", chain),
        ("text", "Error", "no such item"),
        ("owned", "Error", "no item 7"),
        ("io", "Error", "connection refused"),
        ("named", "OutOfStock", "3 left"),
        ("renamed", "StockDown", "connection refused"),
    ] {
        let error = function.invoke::<()>(&how).unwrap_err();
        assert_eq!(
            (error.name(), error.to_string().as_str()),
            (name, message),
            "{how}"
        );
    }
    function.invoke::<()>(&"not at all").unwrap();
}

#[test]
fn the_original_error_can_be_had_back() {
    let error = Error::from(StockError(refused()));
    let stock = error.downcast_ref::<StockError>().unwrap();
    assert_eq!(stock.0.kind(), io::ErrorKind::ConnectionRefused);
    assert!(error.downcast_ref::<io::Error>().is_none());
    assert!(Error::new("A", "b").downcast_ref::<io::Error>().is_none());
    assert_eq!(format!("{error:?}"), format!("StockError: {error}"));
}

type TextError<T> = Result<T, String>;

#[handler]
fn behind_an_alias(how: String) -> TextError<u32> {
    how.parse().map_err(|_| format!("`{how}` is no number"))
}

#[test]
fn an_error_behind_an_alias_is_an_error_though_it_could_be_json() {
    let function = Function::<behind_an_alias>::load().unwrap();
    assert_eq!(function.invoke::<u32>(&"7").unwrap(), 7);
    let error = function.invoke::<u32>(&"seven").unwrap_err();
    assert_eq!(error.to_string(), "`seven` is no number");
}
