//! Compare some of the provider's bookings with ours, and write what makes them agree: one transaction.

use std::collections::BTreeSet;

use calbridge_core::{
    agreement::{self, Difference, Finding},
    change::Change,
    fingerprint,
    ids::{BookingId, ConnectionId},
    scope::{Actor, Scope},
};
use calbridge_store::{
    StoreError, audit,
    audit::Deed,
    bookings::Booking,
    connections::Connection,
    findings::{self, FindingState, NewFinding},
    incidents::{self, NewIncident},
    ledger,
    sql::Tx,
};
use jiff::Timestamp;
use serde_json::json;

use super::{known::Known, reading::Record, report::Compared};
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
    pub async fn settle(self, records: &[Record]) -> Result<Vec<Compared>, StoreError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        for _ in 1..MOST_TRIES {
            match self.try_settle(records).await {
                Err(StoreError::Busy | StoreError::Conflict) => {}
                done => return done,
            }
        }
        self.try_settle(records).await
    }

    async fn try_settle(self, records: &[Record]) -> Result<Vec<Compared>, StoreError> {
        let Self { app, scope, .. } = self;
        let now = app.clock.now();
        // Before the transaction: it needs a connection of its own.
        let registry = app.registry.current(&app.store, now).await;
        let settings = registry.settings(scope.tenant_id());
        let rules = Rules {
            tenant: &settings,
            connections: &registry,
        };
        let items: Vec<Item> = records
            .iter()
            .map(|record| self.item(record.facts.clone()))
            .collect();
        let mut tx = app.store.write().await?;
        tx.wait_at_most(LONGEST_WAIT).await?;
        apply::lock(&mut tx, &[(scope, &items)]).await?;
        let known = Known::load(&mut tx, scope, self.connection.id, &items).await?;
        let queue = Queue::load(&mut tx, scope, self.connection.id).await?;
        let mut differing = Vec::new();
        let mut repairs = Vec::new();
        let mut agreeing = Agreeing::default();
        for (record, item) in records.iter().zip(&items) {
            let (ids, facts) = known.of(&item.changes);
            let finding = agreement::settle(&facts, &item.changes, now);
            if finding.conflicts.is_empty() {
                agreeing.external_ids.insert(&record.external_id);
            }
            if finding.is_agreement() {
                // What was given up for another booking says nothing about that one.
                if finding.theirs.is_some() {
                    agreeing.bookings.extend(ids);
                }
                continue;
            }
            let Finding {
                differences,
                repair,
                conflicts,
                ours,
                theirs,
            } = finding;
            let booking_id = ids.into_iter().next();
            differing.push(queue.told(Compared {
                external_id: record.external_id.clone(),
                booking_id,
                differences,
                conflicts,
                ours,
                theirs,
                kept: false,
            }));
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
        self.resolve(&mut tx, &queue, &agreeing, now).await?;
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
            ours: None,
            theirs: None,
            kept: false,
        };
        let now = self.app.clock.now();
        let mut tx = self.app.store.write().await?;
        let queue = Queue::load(&mut tx, self.scope, self.connection.id).await?;
        let compared = queue.told(compared);
        match self.deal {
            Deal::Look => tx.rollback().await?,
            Deal::Repair => {
                self.note(&mut tx, std::slice::from_ref(&compared), now)
                    .await?;
                tx.commit().await?;
            }
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
            if one.conflicts.is_empty() {
                continue;
            }
            findings::put(tx, self.scope, self.new_finding(one), now).await?;
            if one.is_conflict() && self.raise(tx, one, id, now).await? {
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

    fn new_finding(self, one: &Compared) -> NewFinding {
        NewFinding {
            connection_id: self.connection.id,
            external_id: one.external_id.clone(),
            booking_id: one.booking_id,
            differences: one.conflicts.clone(),
            ours: one.ours.clone(),
            theirs: one.theirs.clone(),
            fingerprint: name_of(one),
        }
    }

    /// Both agree again.
    async fn resolve(
        self,
        tx: &mut Tx,
        queue: &Queue,
        agreeing: &Agreeing<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for finding in queue.of(&agreeing.external_ids) {
            findings::settle(tx, self.scope, finding.id, FindingState::Agreed, now).await?;
        }
        for open in incidents::list_open(tx, self.scope).await? {
            let is_it = [CONFLICT, MISSING_THERE].contains(&open.kind.as_str())
                && agreeing
                    .bookings
                    .iter()
                    .any(|id| id.to_string() == open.subject);
            if is_it {
                incidents::resolve(tx, self.scope, &open.kind, &open.subject, now).await?;
            }
        }
        Ok(())
    }

    fn item(self, changes: Vec<Change>) -> Item {
        Item {
            connection_id: self.connection.id,
            provider: self.connection.provider,
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

/// What agrees, by both of its names.
#[derive(Default)]
struct Agreeing<'a> {
    external_ids: BTreeSet<&'a str>,
    bookings: Vec<BookingId>,
}

/// Names a difference, with how both sides stand.
fn name_of(one: &Compared) -> String {
    let face = json!([one.conflicts, one.ours, one.theirs]);
    fingerprint::of_content(face.to_string().as_bytes())
}

/// What waits for a person, and what one decided.
struct Queue(Vec<findings::Finding>);

impl Queue {
    async fn load(
        tx: &mut Tx,
        scope: &Scope,
        connection_id: ConnectionId,
    ) -> Result<Self, StoreError> {
        let current = findings::list_current(tx, scope, connection_id).await?;
        Ok(Self(current))
    }

    /// With what a person decided about it.
    fn told(&self, one: Compared) -> Compared {
        let name = name_of(&one);
        let is_kept = |finding: &findings::Finding| {
            finding.state == FindingState::Ours
                && finding.external_id == one.external_id
                && finding.fingerprint == name
        };
        Compared {
            kept: !one.conflicts.is_empty() && self.0.iter().any(is_kept),
            ..one
        }
    }

    fn of<'a>(
        &'a self,
        external_ids: &'a BTreeSet<&str>,
    ) -> impl Iterator<Item = &'a findings::Finding> {
        let all = self.0.iter();
        all.filter(|finding| external_ids.contains(finding.external_id.as_str()))
    }
}
