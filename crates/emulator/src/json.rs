//! JSON that keeps the order of its keys and leaves absent values out, as a JavaScript sender writes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A JSON value. `Absent` is JavaScript's `undefined`: dropped from objects, null elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Absent,
    Null,
    Bool(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// An object literal: `object! { "a": 1, "b": "text" }`.
macro_rules! object {
    ($($key:literal : $value:expr),* $(,)?) => {
        $crate::json::Json::Object(vec![$(($key.to_owned(), $crate::json::Json::from($value))),*])
    };
}
pub(crate) use object;

/// A value that is left out when there is none (`None` itself becomes null).
pub(crate) fn known<T: Into<Json>>(value: Option<T>) -> Json {
    value.map_or(Json::Absent, Into::into)
}

impl Json {
    /// An object from pairs.
    pub(crate) fn entries<K: Into<String>, V: Into<Json>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self::Object(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }

    /// A list of anything that becomes JSON.
    pub(crate) fn list<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// The object with one more (or one replaced) field.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        if let Self::Object(fields) = &mut self {
            let value = value.into();
            match fields.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => fields.push((key.to_owned(), value)),
            }
        }
        self
    }

    /// The object without one field.
    pub(crate) fn without(mut self, key: &str) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.retain(|(name, _)| name != key);
        }
        self
    }

    /// This object's fields followed by another's.
    pub(crate) fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::Object(mut fields), Self::Object(others)) => {
                fields.extend(others);
                Self::Object(fields)
            }
            (this, _) => this,
        }
    }

    /// This object with the fields of another, which win.
    pub(crate) fn overlaid(self, others: Self) -> Self {
        match others {
            Self::Object(fields) => fields
                .into_iter()
                .fold(self, |object, (key, value)| object.with(&key, value)),
            _ => self,
        }
    }

    /// What stands at a field name or list position.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            Self::List(items) => key
                .parse::<usize>()
                .ok()
                .and_then(|position| items.get(position)),
            _ => None,
        }
    }

    /// The bytes a provider sends.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory does not fail, and object keys are always text.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Decimal(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in fields {
                    if *value != Self::Absent {
                        map.serialize_entry(key, value)?;
                    }
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Decimal(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            fields.push(entry);
        }
        Ok(Json::Object(fields))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i32> for Json {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Json {
    fn from(value: f64) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Json {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Vec<Self>> for Json {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl From<&BTreeMap<String, String>> for Json {
    fn from(entries: &BTreeMap<String, String>) -> Self {
        Self::entries(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_absent_ones_vanish() {
        let json =
            object! { "z": 1, "a": Json::Absent, "m": None::<String>, "b": known(Some("x")) };
        assert_eq!(json.to_bytes(), br#"{"z":1,"m":null,"b":"x"}"#);
    }

    #[test]
    fn what_was_written_reads_back_the_same() {
        let text = r#"{"z":[1,2.5,null],"a":{"ü":"\"q\""},"t":true}"#;
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(json.to_bytes(), text.as_bytes());
    }
}
