//! The provider's word and people's changes, brought together field by field.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Facts, Field};

/// The fields that a person changed, each with what the provider says instead. A sync leaves those fields alone.
pub type Edited = BTreeMap<Field, Value>;

/// A field that changed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

/// A field that a person changed, and of which the provider says something else.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KeptEdit {
    /// The field.
    pub field: Field,
    /// What counts.
    pub ours: Value,
    /// What the provider says.
    pub provider: Value,
}

/// What comes of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// What counts from now on.
    pub facts: Facts,
    /// What people changed, with the provider's newest word.
    pub edited: Edited,
    /// What is different now.
    pub changes: Vec<FieldChange>,
    /// Where we and the provider differ.
    pub kept: Vec<KeptEdit>,
}

/// Bring what is known up to date with what the provider says now. Fields that a person changed stay.
pub fn merge(known: &Facts, edited: &Edited, said: &Facts) -> Merged {
    let mut merged = Merged {
        facts: known.clone(),
        edited: edited.clone(),
        changes: Vec::new(),
        kept: Vec::new(),
    };
    for field in Field::ALL.iter().copied() {
        if let Some(provider) = merged.edited.get_mut(&field) {
            *provider = said.value(field);
            if !known.agree(said, field) {
                merged.kept.push(KeptEdit {
                    field,
                    ours: known.value(field),
                    provider: provider.clone(),
                });
            }
        } else if !known.agree(said, field) {
            merged.facts.take(said, field);
            merged.changes.push(FieldChange {
                field,
                before: known.value(field),
                after: said.value(field),
            });
        }
    }
    merged
}
