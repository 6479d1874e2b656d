//! JSON columns: JSONB in PostgreSQL, JSON text in SQLite, holding the same characters in both.

use serde::{Serialize, de::DeserializeOwned};

use super::{BoxError, Cell, FromValue, Kind, ToValue, Value};

/// A column that holds `T` as JSON. Bind a large one by reference: `Json(&value)`.
///
/// PostgreSQL sorts the keys of objects and drops repeated ones; don't rely on their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// JSON that is already text, kept as it is where the engine allows. It must be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawJson(pub String);

impl<T: Serialize> ToValue for Json<T> {
    const KIND: Kind = Kind::Json;

    fn to_value(self) -> Value {
        serialized(&self.0)
    }
}

impl ToValue for serde_json::Value {
    const KIND: Kind = Kind::Json;

    fn to_value(self) -> Value {
        serialized(&self)
    }
}

impl ToValue for RawJson {
    const KIND: Kind = Kind::Json;

    fn to_value(self) -> Value {
        Value::Json(clean(self.0))
    }
}

fn serialized<T: Serialize>(value: &T) -> Value {
    match serde_json::to_string(value) {
        Ok(text) => Value::Json(clean(text)),
        Err(_) => Value::Unencodable(std::any::type_name::<T>()),
    }
}

impl<T: DeserializeOwned> FromValue for Json<T> {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        serde_json::from_slice(cell.json()?)
            .map(Json)
            .map_err(without_the_value)
    }
}

impl FromValue for serde_json::Value {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        Json::from_value(cell).map(|Json(value)| value)
    }
}

impl FromValue for RawJson {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        Ok(Self(std::str::from_utf8(cell.json()?)?.to_owned()))
    }
}

/// The error of `serde_json` quotes what it found.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn without_the_value(error: serde_json::Error) -> BoxError {
    let what = if error.is_data() {
        "JSON of another shape"
    } else {
        "not JSON"
    };
    format!("{what} at line {} column {}", error.line(), error.column()).into()
}

/// Replaces what PostgreSQL's JSONB refuses, NUL characters and halves of surrogate pairs, by U+FFFD.
fn clean(text: String) -> String {
    if !text.contains("\\u") && !text.contains('\0') {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['\\', '\0']) {
        clean.push_str(&rest[..at]);
        let from = &rest[at..];
        let (length, keep) = escape(from);
        clean.push_str(if keep { &from[..length] } else { "\\ufffd" });
        rest = &from[length..];
    }
    clean.push_str(rest);
    clean
}

/// The length of the escape at the start of `text`, and whether both engines can hold what it means.
fn escape(text: &str) -> (usize, bool) {
    if text.starts_with('\0') {
        return (1, false);
    }
    match code_unit(text) {
        Some(0 | 0xdc00..=0xdfff) => (6, false),
        Some(0xd800..=0xdbff) => match code_unit(&text[6..]) {
            Some(0xdc00..=0xdfff) => (12, true),
            _ => (6, false),
        },
        Some(_) => (6, true),
        // A backslash and the character it escapes.
        None => {
            let escaped = text.chars().nth(1).map_or(0, char::len_utf8);
            (1 + escaped, true)
        }
    }
}

/// The code unit of a `\uXXXX` at the start of `text`.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
