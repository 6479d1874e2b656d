//! The facts that are known of the bookings that a provider's records name.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    change::{Change, Reference},
    ids::{BookingId, ConnectionId},
    scope::Scope,
    story::Fact,
};
use calbridge_store::{StoreError, booking_changes, booking_references, sql::Tx};

use crate::inbox::apply::Item;

/// The facts that are known of the bookings that records name.
pub(super) struct Known {
    named: BTreeMap<Reference, BookingId>,
    facts: BTreeMap<BookingId, Vec<Fact>>,
}

impl Known {
    pub async fn load(
        tx: &mut Tx,
        scope: &Scope,
        connection_id: ConnectionId,
        records: &[Item],
    ) -> Result<Self, StoreError> {
        let values: BTreeSet<String> = records
            .iter()
            .flat_map(|item| &item.changes)
            .flat_map(|change| &change.identity.references)
            .map(|reference| reference.value.clone())
            .collect();
        let values: Vec<String> = values.into_iter().collect();
        let named: BTreeMap<_, _> = booking_references::find(tx, scope, &values)
            .await?
            .into_iter()
            .filter(|row| row.connection_id == connection_id)
            .map(|row| (row.reference, row.booking_id))
            .collect();
        let ids: BTreeSet<BookingId> = named.values().copied().collect();
        let ids: Vec<BookingId> = ids.into_iter().collect();
        let mut facts: BTreeMap<BookingId, Vec<Fact>> = BTreeMap::new();
        for row in booking_changes::list(tx, scope, &ids).await? {
            facts.entry(row.booking_id).or_default().push(Fact {
                fingerprint: row.fingerprint,
                change: row.change.0,
            });
        }
        Ok(Self { named, facts })
    }

    /// Our bookings that a record names, and their facts.
    pub fn of(&self, record: &[Change]) -> (BTreeSet<BookingId>, Vec<Fact>) {
        let references = record.iter().flat_map(|change| &change.identity.references);
        let ids: BTreeSet<BookingId> = references
            .filter_map(|reference| self.named.get(reference).copied())
            .collect();
        let facts = ids.iter().filter_map(|id| self.facts.get(id));
        let facts = facts.flatten().cloned().collect();
        (ids, facts)
    }
}
