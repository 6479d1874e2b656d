//! What came of a sync, as it is recorded and shown.

use calbridge_core::{
    event_type::{Field, FieldChange, Plan},
    ids::EventTypeId,
};
use calbridge_store::event_types::EventType;
use serde::Serialize;
use serde_json::Value;

/// What came of a sync.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct SyncReport {
    /// How many the provider listed.
    pub listed: usize,
    /// Whether that was all: otherwise nothing was deactivated.
    pub complete: bool,
    /// New ones.
    pub added: Vec<Named>,
    /// Those that are different now, and in what.
    pub changed: Vec<Changed>,
    /// Those that the provider has no more.
    pub deactivated: Vec<Named>,
    /// How many are as they were.
    pub unchanged: usize,
    /// Where people's changes stay although the provider says something else.
    pub kept_edits: Vec<Kept>,
    /// Hosts of whom a person should say who they are.
    pub hosts_to_review: usize,
}

/// An event type.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Named {
    /// Our id.
    pub id: EventTypeId,
    /// The provider's id.
    pub external_id: String,
    /// Title.
    pub title: String,
}

/// An event type that is different now.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Changed {
    /// Which.
    #[serde(flatten)]
    pub event_type: Named,
    /// In what.
    pub fields: Vec<FieldChange>,
}

/// A change of a person's that stays.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Kept {
    /// Our id.
    pub id: EventTypeId,
    /// The field.
    pub field: Field,
    /// What counts.
    pub ours: Value,
    /// What the provider says.
    pub provider: Value,
}

impl From<&EventType> for Named {
    fn from(row: &EventType) -> Self {
        Self {
            id: row.id,
            external_id: row.external_id.clone(),
            title: row.title.clone(),
        }
    }
}

impl SyncReport {
    /// What a plan did to these rows, each as it is now.
    pub(super) fn of(plan: &Plan, added: &[EventType], changed: &[EventType]) -> Self {
        let named = |id: EventTypeId| changed.iter().find(|row| row.id == id).map(Named::from);
        let changes = plan
            .change
            .iter()
            .filter(|change| !change.fields.is_empty());
        Self {
            added: added.iter().map(Named::from).collect(),
            changed: changes
                .filter_map(|change| {
                    Some(Changed {
                        event_type: named(change.id)?,
                        fields: change.fields.iter().map(shown).collect(),
                    })
                })
                .collect(),
            deactivated: plan
                .deactivate
                .iter()
                .filter_map(|change| named(change.id))
                .collect(),
            unchanged: plan.unchanged.len(),
            kept_edits: plan
                .kept_edits
                .iter()
                .map(|(id, kept)| Kept {
                    id: *id,
                    field: kept.field,
                    ours: kept.ours.clone(),
                    provider: kept.provider.clone(),
                })
                .collect(),
            ..Self::default()
        }
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        format!(
            "{} listed: {} added, {} changed, {} deactivated, {} unchanged, {} edits kept",
            self.listed,
            self.added.len(),
            self.changed.len(),
            self.deactivated.len(),
            self.unchanged,
            self.kept_edits.len(),
        )
    }
}

/// Everything the provider says is long, and told field by field already.
fn shown(change: &FieldChange) -> FieldChange {
    match change.field {
        Field::Metadata => FieldChange {
            field: change.field,
            before: Value::Null,
            after: Value::Null,
        },
        _ => change.clone(),
    }
}
