//! What a sync does, decided before anything is written.

use super::{
    Facts, Field, Listing, Offered,
    merge::{Edited, FieldChange, KeptEdit, Merged, merge},
};
use crate::ids::EventTypeId;

/// An event type that we have.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    /// Our id.
    pub id: EventTypeId,
    /// The provider's id.
    pub external_id: String,
    /// What counts.
    pub facts: Facts,
    /// What people changed.
    pub edited: Edited,
}

/// What an event type of ours becomes.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Our id.
    pub id: EventTypeId,
    /// The provider's id.
    pub external_id: String,
    /// What counts from now on.
    pub facts: Facts,
    /// What people changed, with the provider's newest word.
    pub edited: Edited,
    /// What is different now; empty when only the provider's word about an edited field is.
    pub fields: Vec<FieldChange>,
}

/// What a sync does.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Plan {
    /// New ones.
    pub add: Vec<Offered>,
    /// Those that are different now, and those that are back.
    pub change: Vec<Change>,
    /// Those that the provider has no more.
    pub deactivate: Vec<Change>,
    /// Those that are as they were.
    pub unchanged: Vec<EventTypeId>,
    /// Where people's changes stay although the provider says something else.
    pub kept_edits: Vec<(EventTypeId, KeptEdit)>,
}

impl Plan {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.change.is_empty() && self.deactivate.is_empty()
    }
}

/// What to do about the event types of a connection, given what the provider lists. One that is not listed is deactivated
/// if the listing is whole; otherwise nothing is known about it.
pub fn plan(known: &[Known], listing: &Listing) -> Plan {
    let mut plan = Plan::default();
    let mut known: Vec<&Known> = known.iter().collect();
    known.sort_by_key(|one| one.id);
    for one in &known {
        let offered = find(listing, &one.external_id);
        let (said, gone) = match offered {
            Some(offered) => (offered.facts.clone(), false),
            None if listing.is_whole() => (gone(one), true),
            None => {
                plan.unchanged.push(one.id);
                continue;
            }
        };
        let merged = merge(&one.facts, &one.edited, &said);
        let kept = merged.kept.iter().cloned();
        plan.kept_edits.extend(kept.map(|kept| (one.id, kept)));
        match changed(one, merged) {
            None => plan.unchanged.push(one.id),
            Some(change) if gone && !change.fields.is_empty() => plan.deactivate.push(change),
            Some(change) => plan.change.push(change),
        }
    }
    plan.add = listing
        .offered()
        .iter()
        .filter(|offered| {
            !known
                .iter()
                .any(|one| one.external_id == offered.external_id)
        })
        .cloned()
        .collect();
    plan
}

fn find<'a>(listing: &'a Listing, external_id: &str) -> Option<&'a Offered> {
    let offered = listing.offered();
    offered
        .binary_search_by(|one| one.external_id.as_str().cmp(external_id))
        .ok()
        .and_then(|at| offered.get(at))
}

/// What the provider says about one that it has no more: as before, but not to be booked.
fn gone(one: &Known) -> Facts {
    let mut said = one.facts.clone();
    for (field, provider) in &one.edited {
        // What it said last; a value that does not fit is as good as the one that counts.
        let _unreadable = said.set(*field, provider.clone());
    }
    said.active = false;
    said
}

fn changed(one: &Known, merged: Merged) -> Option<Change> {
    if merged.changes.is_empty() && merged.edited == one.edited {
        return None;
    }
    Some(Change {
        id: one.id,
        external_id: one.external_id.clone(),
        facts: merged.facts,
        edited: merged.edited,
        fields: merged.changes,
    })
}

impl Known {
    /// Whether the provider has it no more, whatever people say.
    pub fn is_removed(&self) -> bool {
        self.facts.is_offered
            && match self.edited.get(&Field::Active) {
                Some(provider) => provider == &serde_json::Value::Bool(false),
                None => !self.facts.active,
            }
    }
}
