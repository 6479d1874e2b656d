//! Which facts of a batch are about the same booking.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    change::{Change, Reference, What},
    fingerprint,
    ids::{BookingId, ConnectionId},
    intent::IntentKey,
    scope::Scope,
    story::Fact,
};
use calbridge_store::{StoreError, booking_references, sql::Tx};

use super::{Item, NewFact};
use crate::booking::{self, Meant};

/// Facts of a batch about one booking.
#[derive(Default)]
pub(super) struct Group {
    /// The bookings they name so far: none, one, or several that turn out to be one. Oldest first.
    pub bookings: Vec<BookingId>,
    /// The facts.
    pub facts: Vec<NewFact>,
    /// References in the facts that name no booking yet.
    pub references: Vec<Reference>,
    /// The item that opened the group.
    pub first_item: usize,
    /// Where there is no booking yet, the facts make one: they do not only name it by our own id.
    pub makes_booking: bool,
}

/// What names a booking in a batch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Reference(ConnectionId, Reference),
    Booking(BookingId),
}

/// Gather the facts of the items by booking. Names that meet in one fact are names of one booking.
pub(super) async fn gather(
    tx: &mut Tx,
    scope: &Scope,
    items: &[Item],
) -> Result<Vec<Group>, StoreError> {
    let known = known_references(tx, scope, items).await?;
    let keys: Vec<IntentKey> = items
        .iter()
        .filter(|item| item.booking_id.is_none())
        .flat_map(|item| item.changes.iter().filter_map(new_key))
        .cloned()
        .collect();
    let meant = booking::meant(tx, scope, &keys).await?;
    let mut names = Names::default();
    let mut facts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        for change in &item.changes {
            let booking_id = item.booking_id.or_else(|| meant_by(&meant, item, change));
            let mut own: Vec<Name> = booking_id.map(Name::Booking).into_iter().collect();
            for reference in &change.identity.references {
                let name = (item.connection_id, reference.clone());
                own.extend(known.get(&name).copied().map(Name::Booking));
                own.push(Name::Reference(name.0, name.1));
            }
            let node = names.join(own);
            let fact = NewFact {
                item: index,
                fact: Fact::from(change.clone()),
            };
            facts.push((node, change.identity.references.clone(), fact));
        }
        // A booking whose story is to be told again without a new fact.
        if let (Some(booking_id), true) = (item.booking_id, item.changes.is_empty()) {
            names.join(vec![Name::Booking(booking_id)]);
        }
    }

    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (name, node) in &names.nodes {
        if let Name::Booking(id) = name {
            groups
                .entry(names.root(*node))
                .or_default()
                .bookings
                .push(*id);
        }
    }
    for (node, references, fact) in facts {
        let group = groups.entry(names.root(node)).or_default();
        if group.facts.is_empty() {
            group.first_item = fact.item;
        }
        let Some(item) = items.get(fact.item) else {
            continue;
        };
        group.makes_booking |= item.booking_id.is_none();
        for reference in references {
            let name = (item.connection_id, reference);
            let is_known = known.contains_key(&name);
            let reference = name.1;
            if !is_known && !group.references.contains(&reference) {
                group.references.push(reference);
            }
        }
        group.facts.push(fact);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.bookings.sort_unstable();
    }
    groups.sort_by_key(|group| group.first_item);
    Ok(groups)
}

/// The key of ours that a new booking carries. One that was moved carries the key of its first time, and those of a series
/// all have the same.
pub(super) fn new_key(change: &Change) -> Option<&IntentKey> {
    let is_first = matches!(change.what, What::Created { .. })
        && change.identity.former.is_empty()
        && change.details.series.is_none();
    change.details.intent_key.as_ref().filter(|_| is_first)
}

/// The stored booking that a fact is about although no reference says so.
fn meant_by(meant: &[Meant], item: &Item, change: &Change) -> Option<BookingId> {
    let key = new_key(change)?;
    let start = change.details.start?;
    let one = meant.iter().find(|one| {
        one.connection_id == item.connection_id && one.key == *key && one.starts_at == start
    });
    one.map(|one| one.booking_id)
}

async fn known_references(
    tx: &mut Tx,
    scope: &Scope,
    items: &[Item],
) -> Result<BTreeMap<(ConnectionId, Reference), BookingId>, StoreError> {
    let values: BTreeSet<String> = items
        .iter()
        .flat_map(|item| &item.changes)
        .flat_map(|change| &change.identity.references)
        .map(|reference| reference.value.clone())
        .collect();
    let values: Vec<String> = values.into_iter().collect();
    let rows = booking_references::find(tx, scope, &values).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.connection_id, row.reference), row.booking_id))
        .collect())
}

/// The locks of an item: one per reference.
pub(super) fn lock_keys(item: &Item, keys: &mut Vec<i64>) {
    for change in &item.changes {
        for reference in &change.identity.references {
            keys.push(fingerprint::lock_key([
                "reference",
                &item.connection_id.to_string(),
                reference.kind.as_str(),
                &reference.value,
            ]));
        }
    }
}

/// Names that are found to be of one booking: a disjoint-set forest.
#[derive(Default)]
struct Names {
    nodes: BTreeMap<Name, usize>,
    parents: Vec<usize>,
}

impl Names {
    /// These names are of one booking; the answer is a node of it.
    fn join(&mut self, names: Vec<Name>) -> usize {
        let mut joined = None;
        for name in names {
            let next = self.parents.len();
            let node = *self.nodes.entry(name).or_insert(next);
            if node == next {
                self.parents.push(node);
            }
            let root = self.root(node);
            match joined {
                None => joined = Some(root),
                Some(first) => {
                    if let Some(parent) = self.parents.get_mut(root) {
                        *parent = first;
                    }
                }
            }
        }
        joined.unwrap_or_else(|| {
            // A fact without any name is about a booking of its own.
            self.parents.push(self.parents.len());
            self.parents.len() - 1
        })
    }

    fn root(&self, mut node: usize) -> usize {
        while let Some(&parent) = self.parents.get(node) {
            if parent == node {
                break;
            }
            node = parent;
        }
        node
    }
}
