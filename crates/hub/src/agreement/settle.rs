//! Compare some of the provider's bookings with ours, and write what makes them agree: one transaction.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    agreement::{self, Difference, Finding},
    change::{Change, Reference},
    ids::{BookingId, ConnectionId},
    provider::Provider,
    scope::{Actor, Scope},
    story::Fact,
};
use calbridge_providers::calcom_api::{self, ProviderBooking};
use calbridge_store::{
    StoreError, audit,
    audit::Deed,
    booking_changes, booking_references,
    bookings::Booking,
    connections::Connection,
    incidents::{self, NewIncident},
    ledger,
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;

use super::report::Compared;
use crate::{
    app::App,
    inbox::{
        LONGEST_WAIT,
        apply::{self, Item, Rules},
    },
};

/// An incident: both disagree about a booking, and no rule says who is right.
pub const CONFLICT: &str = "booking_conflict";

/// An incident: a booking of ours is unknown to its provider.
pub const MISSING_THERE: &str = "booking_missing_there";

/// The database may be busy so often in a row.
const MOST_TRIES: u32 = 5;

/// What to do about differences.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deal {
    Repair,
    /// Only tell.
    Look,
}

/// Whose bookings are compared.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub app: &'a App,
    pub scope: &'a Scope,
    pub connection: &'a Connection,
    pub deal: Deal,
}

impl Side<'_> {
    /// Compare; the answers are those that differ.
    pub async fn settle(self, bookings: &[ProviderBooking]) -> Result<Vec<Compared>, StoreError> {
        for _ in 1..MOST_TRIES {
            match self.try_settle(bookings).await {
                Err(StoreError::Busy | StoreError::Conflict) => {}
                done => return done,
            }
        }
        self.try_settle(bookings).await
    }

    async fn try_settle(self, bookings: &[ProviderBooking]) -> Result<Vec<Compared>, StoreError> {
        let Self { app, scope, .. } = self;
        let now = app.clock.now();
        // Before the transaction: it needs a connection of its own.
        let registry = app.registry.current(&app.store, now).await;
        let settings = registry.settings(scope.tenant_id());
        let rules = Rules {
            tenant: &settings,
            connections: &registry,
        };
        let records: Vec<Item> = bookings
            .iter()
            .map(|booking| self.item(calcom_api::facts(booking)))
            .collect();
        let mut tx = app.store.write().await?;
        tx.wait_at_most(LONGEST_WAIT).await?;
        apply::lock(&mut tx, &[(scope, &records)]).await?;
        let known = Known::load(&mut tx, scope, self.connection.id, &records).await?;
        let mut differing = Vec::new();
        let mut repairs = Vec::new();
        let mut agreeing = Vec::new();
        for (booking, record) in bookings.iter().zip(&records) {
            let (ids, facts) = known.of(&record.changes);
            let finding = agreement::settle(&facts, &record.changes, now);
            if finding.is_agreement() {
                agreeing.extend(ids);
                continue;
            }
            let Finding {
                differences,
                repair,
                conflicts,
            } = finding;
            differing.push(Compared {
                external_id: booking.uid.clone(),
                booking_id: ids.into_iter().next(),
                differences,
                conflicts,
            });
            repairs.push(self.item(repair));
        }
        if self.deal == Deal::Look {
            tx.rollback().await?;
            return Ok(differing);
        }
        let applied = apply::apply(&mut tx, scope, rules, &repairs, None, now).await?;
        for (one, applied) in differing.iter_mut().zip(applied) {
            one.booking_id = applied.bookings.first().copied().or(one.booking_id);
        }
        self.note(&mut tx, &differing, now).await?;
        self.resolve(&mut tx, &agreeing, now).await?;
        tx.commit().await?;
        Ok(differing)
    }

    /// A booking of ours that its provider does not know: nothing is changed, a person is told.
    pub async fn missing_there(self, booking: &Booking) -> Result<Compared, StoreError> {
        let compared = Compared {
            external_id: booking.external_booking_id.clone().unwrap_or_default(),
            booking_id: Some(booking.id),
            differences: vec![Difference::MissingThere],
            conflicts: vec![Difference::MissingThere],
        };
        if self.deal == Deal::Repair {
            let now = self.app.clock.now();
            let mut tx = self.app.store.write().await?;
            self.note(&mut tx, std::slice::from_ref(&compared), now)
                .await?;
            tx.commit().await?;
        }
        Ok(compared)
    }

    /// For the ledger, for whoever looks at the history of a booking, and for whoever has to decide.
    async fn note(
        self,
        tx: &mut Tx,
        differing: &[Compared],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut entry = ledger::Entry::default();
        let (mut found, mut repaired) = (BTreeSet::new(), BTreeSet::new());
        let mut deeds = Vec::new();
        for one in differing {
            let Some(id) = one.booking_id else { continue };
            if one.is_found() {
                found.insert(id);
            } else if one.is_repaired() {
                repaired.insert(id);
                deeds.push(
                    Deed::of(self.scope, "booking.repaired", "booking", id)
                        .after(json!({ "differences": one.differences })),
                );
            }
            if !one.conflicts.is_empty() && self.raise(tx, one, id, now).await? {
                entry.conflicting += 1;
            }
        }
        // What was found may be several records of one booking.
        repaired.retain(|id| !found.contains(id));
        entry.found = count(&found);
        entry.repaired = count(&repaired);
        audit::append(tx, deeds, now).await?;
        ledger::add(tx, self.scope, self.connection.id, entry, now).await
    }

    /// Tell a person; whether that is new.
    async fn raise(
        self,
        tx: &mut Tx,
        compared: &Compared,
        id: BookingId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let is_missing = compared.conflicts == [Difference::MissingThere];
        let words: Vec<_> = compared.conflicts.iter().map(|one| one.as_str()).collect();
        let incident = NewIncident {
            connection_id: Some(self.connection.id),
            kind: if is_missing { MISSING_THERE } else { CONFLICT },
            subject: id.to_string(),
            detail: if is_missing {
                format!("booking {id} is unknown to the provider; nothing was changed")
            } else {
                format!(
                    "booking {id} stands otherwise at the provider: {}",
                    words.join(", ")
                )
            },
        };
        let raised = incidents::raise(tx, self.scope, incident, now).await?;
        Ok(raised.occurrences == 1)
    }

    /// Both agree again.
    async fn resolve(
        self,
        tx: &mut Tx,
        agreeing: &[BookingId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for open in incidents::list_open(tx, self.scope).await? {
            let is_it = [CONFLICT, MISSING_THERE].contains(&open.kind.as_str())
                && agreeing.iter().any(|id| id.to_string() == open.subject);
            if is_it {
                incidents::resolve(tx, self.scope, &open.kind, &open.subject, now).await?;
            }
        }
        Ok(())
    }

    fn item(self, changes: Vec<Change>) -> Item {
        Item {
            connection_id: self.connection.id,
            provider: Provider::CalCom,
            creates_leads: self.connection.creates_leads,
            webhook_event_id: None,
            actor: Actor::System,
            booking_id: None,
            changes,
            payload: None,
        }
    }
}

fn count(ids: &BTreeSet<BookingId>) -> i64 {
    i64::try_from(ids.len()).unwrap_or(i64::MAX)
}

/// The facts that are known of the bookings that records name.
struct Known {
    named: BTreeMap<Reference, BookingId>,
    facts: BTreeMap<BookingId, Vec<Fact>>,
}

impl Known {
    async fn load(
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
    fn of(&self, record: &[Change]) -> (BTreeSet<BookingId>, Vec<Fact>) {
        let references = record.iter().flat_map(|change| &change.identity.references);
        let ids: BTreeSet<BookingId> = references
            .filter_map(|reference| self.named.get(reference).copied())
            .collect();
        let facts = ids.iter().filter_map(|id| self.facts.get(id));
        let facts = facts.flatten().cloned().collect();
        (ids, facts)
    }
}
