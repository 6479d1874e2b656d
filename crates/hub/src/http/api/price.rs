//! Prices in bodies: `price` as a decimal, `price_minor` in minor units.

use calbridge_core::money::{self, Currency};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::{
    edit::Edit,
    event_types::Amount,
    http::problem::{Code, Problem},
};

/// A decimal, as a text or as a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decimal(String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(de::Error::custom("a decimal such as \"50.00\" is expected")),
        }
    }
}

/// What a caller says of a price, in one way or the other.
pub fn told(price: Edit<Decimal>, price_minor: Edit<i64>) -> Result<Edit<Amount>, Problem> {
    match (price, price_minor) {
        (Edit::Keep, minor) => Ok(minor.map(Amount::Minor)),
        (decimal, Edit::Keep) => Ok(decimal.map(|Decimal(text)| Amount::Decimal(text))),
        (Edit::Clear, Edit::Clear) => Ok(Edit::Clear),
        _ => Err(
            Problem::new(Code::InvalidField, "give either `price` or `price_minor`")
                .at("price_minor"),
        ),
    }
}

/// `EUR`, in any case.
pub fn currency(field: &str, text: &str) -> Result<Currency, Problem> {
    Currency::parse(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// A price as a decimal of its currency.
pub fn shown(price: Option<i64>, code: Option<&str>) -> Option<String> {
    let currency = code.and_then(|code| Currency::parse(code).ok());
    price.map(|minor| money::decimal(minor, currency))
}
