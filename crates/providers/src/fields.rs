//! Tolerant reading of JSON objects.
//!
//! Both senders leave out what they do not know, and templates render it as empty text: absent, `null` and empty
//! are alike. Templates also turn numbers and flags into text.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::spelling;

/// The fields of an object that may be missing altogether.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    /// The fields of a value; none when it is not an object.
    pub(crate) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    /// There is an object, maybe an empty one.
    pub(crate) fn exist(self) -> bool {
        self.0.is_some()
    }

    /// Any value but `null`.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    /// The fields of an inner object.
    pub(crate) fn within(self, name: &str) -> Self {
        Self(self.value(name).and_then(Value::as_object))
    }

    /// The items of an inner list.
    pub(crate) fn items(self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.value(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    }

    /// The objects of an inner list.
    pub(crate) fn objects(self, name: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.items(name)
            .map(Self::of)
            .filter(|fields| fields.exist())
    }

    /// Text, trimmed; never empty.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        text(self.value(name)?)
    }

    /// Text of our own.
    pub(crate) fn string(self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Text, or a number written as text.
    pub(crate) fn scalar(self, name: &str) -> Option<String> {
        scalar(self.value(name)?)
    }

    /// A whole number, or the text of one.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            other => text(other)?.parse().ok(),
        }
    }

    /// A number, or the text of one.
    pub(crate) fn number(self, name: &str) -> Option<f64> {
        match self.value(name)? {
            Value::Number(number) => number.as_f64(),
            other => text(other)?.parse().ok(),
        }
    }

    /// Yes or no, or the text of it.
    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        flag(self.value(name)?)
    }

    /// An instant.
    pub(crate) fn time(self, name: &str) -> Option<Timestamp> {
        spelling::time(self.text(name)?)
    }

    /// A web link.
    pub(crate) fn link(self, name: &str) -> Option<&'a str> {
        spelling::link(self.text(name)?)
    }
}

/// Text, trimmed; never empty.
pub(crate) fn text(value: &Value) -> Option<&str> {
    value
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Text, or a number written as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        other => text(other).map(str::to_owned),
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        other => match text(other)?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
    }
}

/// `456.0` is 456; beyond 2^53 a float is no longer exact.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() != 0.0 || number.abs() > EXACT {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and small, see above"
    )]
    let whole = number as i64;
    Some(whole)
}
