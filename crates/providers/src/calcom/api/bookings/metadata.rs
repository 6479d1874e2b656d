//! What a caller may attach to a booking.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What a caller attaches to a booking, within Cal.com's limits: 50 texts of 500 characters, names of 40.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct BookingMetadata(BTreeMap<String, String>);

/// Why something cannot be attached.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MetadataError {
    /// More than 50 entries.
    #[error("metadata has {count} entries, 50 are possible")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A name of more than 40 characters.
    #[error("the name of a metadata entry has {length} characters, 40 are possible")]
    NameTooLong {
        /// How many.
        length: usize,
    },
    /// A text of more than 500 characters.
    #[error("the metadata entry `{name}` has {length} characters, 500 are possible")]
    TextTooLong {
        /// Of which entry.
        name: String,
        /// How many.
        length: usize,
    },
    /// A number, yes or no, or anything else.
    #[error("the metadata entry `{name}` is not a text")]
    NotText {
        /// Which entry.
        name: String,
    },
}

impl BookingMetadata {
    /// Take what is within the limits. A number or flag is refused, not rewritten: it would come back as a text.
    pub fn new(entries: &Map<String, Value>) -> Result<Self, MetadataError> {
        if entries.len() > 50 {
            return Err(MetadataError::TooMany {
                count: entries.len(),
            });
        }
        let checked = entries.iter().map(|(name, value)| {
            if length(name) > 40 {
                return Err(MetadataError::NameTooLong {
                    length: length(name),
                });
            }
            let name = name.clone();
            match value {
                Value::String(text) if length(text) > 500 => Err(MetadataError::TextTooLong {
                    name,
                    length: length(text),
                }),
                Value::String(text) => Ok((name, text.clone())),
                _ => Err(MetadataError::NotText { name }),
            }
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn to_json(&self) -> Value {
        self.0
            .iter()
            .map(|(name, text)| (name.clone(), Value::from(text.as_str())))
            .collect::<Map<_, _>>()
            .into()
    }
}

/// As JavaScript counts.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn of(value: &Value) -> Result<BookingMetadata, MetadataError> {
        BookingMetadata::new(value.as_object().unwrap())
    }

    #[test]
    fn what_is_within_the_limits_is_taken() {
        let many: Map<_, _> = (0..50)
            .map(|at| (format!("{at:040}"), Value::from("é".repeat(500))))
            .collect();
        let metadata = BookingMetadata::new(&many).unwrap();
        assert_eq!(metadata.to_json(), Value::Object(many));
    }

    #[rstest]
    #[case(json!({"a".repeat(41): "x"}), MetadataError::NameTooLong { length: 41 })]
    #[case(json!({"a": "x".repeat(501)}), MetadataError::TextTooLong { name: "a".into(), length: 501 })]
    #[case(json!({"a": "😀".repeat(251)}), MetadataError::TextTooLong { name: "a".into(), length: 502 })]
    #[case(json!({"a": 7}), MetadataError::NotText { name: "a".into() })]
    #[case(json!({"a": true}), MetadataError::NotText { name: "a".into() })]
    #[case(json!({"a": null}), MetadataError::NotText { name: "a".into() })]
    fn what_is_beyond_them_is_refused(#[case] entries: Value, #[case] refusal: MetadataError) {
        assert_eq!(of(&entries), Err(refusal));
    }

    #[test]
    fn the_number_of_entries_is_limited() {
        let many: Map<_, _> = (0..51)
            .map(|at| (at.to_string(), Value::from("x")))
            .collect();
        assert_eq!(
            BookingMetadata::new(&many),
            Err(MetadataError::TooMany { count: 51 })
        );
    }
}
