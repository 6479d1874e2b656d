//! One booking: its facts told anew, compared with its rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use calbridge_core::{
    change::{Change, Verdict},
    ids::{BookingId, WebhookEventId},
    scope::Scope,
    story::Fact,
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    booking_changes::{self, BookingChange},
    bookings::{self, Booking},
    sql::Tx,
    webhook_events::{self, WebhookEvent},
};
use serde_json::json;

use super::{Compared, Mode};
use crate::{
    app::App,
    inbox::{
        LONGEST_WAIT, ReplayError,
        apply::{self, Care, Item, Rules},
        interpret::{read, retold},
        tries::Tries,
    },
};

/// Compare a booking with its facts, and in [`Mode::Apply`] write what they say.
pub(super) async fn compare(
    app: &App,
    scope: &Scope,
    id: BookingId,
    mode: Mode,
) -> Result<Compared, StoreError> {
    let mut tries = Tries::new();
    loop {
        match try_compare(app, scope, id, mode).await {
            Err(error) if tries.again(&error) => {}
            outcome => return outcome,
        }
    }
}

async fn try_compare(
    app: &App,
    scope: &Scope,
    id: BookingId,
    mode: Mode,
) -> Result<Compared, StoreError> {
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let settings = Arc::clone(&registry.settings(scope.tenant_id()));
    let mut tx = app.store.write().await?;
    tx.wait_at_most(LONGEST_WAIT).await?;
    let mut compared = Compared::default();
    // Joined with another one, or removed, since its id was read.
    let Some(booking) = bookings::find(&mut tx, scope, id).await? else {
        return Ok(compared);
    };
    let facts = booking_changes::list(&mut tx, scope, &[id]).await?;
    if facts.is_empty() {
        compared.without_facts = 1;
        return Ok(compared);
    }
    let anew = Anew::read(&mut tx, scope, &booking, &facts, &mut compared).await?;
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    let care = Care {
        thorough: true,
        stale: &anew.stale,
        ..Care::default()
    };
    apply::lock(&mut tx, &[(scope, &anew.items)]).await?;
    let report = Some(&mut compared.rows);
    apply::apply_with(&mut tx, scope, rules, &anew.items, care, report, now).await?;
    compared.keep_projections();
    if mode == Mode::Look || compared.rows.0.is_empty() {
        tx.rollback().await?;
        return Ok(compared);
    }
    let deed = Deed::of(scope, "booking.rebuild", "booking", id)
        .after(json!({ "rows": compared.rows.0.len() }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(compared)
}

/// What the events of a booking tell today, where that is not what was stored.
struct Anew {
    /// Stored facts that are not told any more.
    stale: Vec<i64>,
    /// The booking, and the facts that are new.
    items: Vec<Item>,
}

/// The events that told the booking's facts, and those about it that told none that is still there.
async fn events(
    tx: &mut Tx,
    scope: &Scope,
    booking: &Booking,
    facts: &[BookingChange],
) -> Result<Vec<WebhookEvent>, StoreError> {
    let ids: BTreeSet<WebhookEventId> = facts
        .iter()
        .filter_map(|fact| fact.webhook_event_id)
        .collect();
    let ids: Vec<WebhookEventId> = ids.into_iter().collect();
    let mut events = webhook_events::list_by_ids(tx, scope, &ids).await?;
    let names: BTreeSet<String> = facts
        .iter()
        .flat_map(|fact| &fact.change.0.identity.references)
        .map(|reference| reference.value.clone())
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let connection_id = booking.connection_id;
    let about = webhook_events::list_applied_about(tx, scope, connection_id, &names).await?;
    events.extend(about.into_iter().filter(|event| !ids.contains(&event.id)));
    Ok(events)
}

impl Anew {
    async fn read(
        tx: &mut Tx,
        scope: &Scope,
        booking: &Booking,
        facts: &[BookingChange],
        compared: &mut Compared,
    ) -> Result<Self, StoreError> {
        let mut anew = Self {
            stale: Vec::new(),
            items: vec![retold(
                booking.connection_id,
                booking.booking_provider,
                booking.id,
            )],
        };
        let events = events(tx, scope, booking, facts).await?;
        let ids: Vec<WebhookEventId> = events.iter().map(|event| event.id).collect();
        // An event may tell of several bookings.
        let told = booking_changes::list_of_events(tx, scope, &ids).await?;
        let mut told_by: BTreeMap<WebhookEventId, BTreeSet<&str>> = BTreeMap::new();
        for row in &told {
            if let Some(event) = row.webhook_event_id {
                told_by.entry(event).or_default().insert(&row.fingerprint);
            }
        }
        for event in &events {
            let read = match read(tx, scope, event).await {
                Ok(read) => read,
                Err(ReplayError::BodyGone(_)) => {
                    compared.without_body += 1;
                    continue;
                }
                Err(ReplayError::Store(error)) => return Err(error),
                // Its connection is gone.
                Err(_) => continue,
            };
            let changes = match &read.verdict {
                // Whether the connection wants it was decided when it came.
                Verdict::Apply(changes) => changes.as_slice(),
                Verdict::Ignore(_) => &[],
                Verdict::Unreadable(_) => {
                    compared.unreadable += 1;
                    continue;
                }
            };
            let elsewhere = told_by.remove(&event.id).unwrap_or_default();
            let new = anew.compare(event, changes, facts, &elsewhere);
            if !new.is_empty() {
                let known = anew.shares_reference(facts, &new).then_some(booking.id);
                anew.items.push(read.item(event, known, new));
                compared.told_by.push(event.id);
            }
        }
        Ok(anew)
    }

    /// Notes which stored facts of the event are stale; the answer is what it tells that is not stored.
    fn compare(
        &mut self,
        event: &WebhookEvent,
        changes: &[Change],
        stored: &[BookingChange],
        stored_anywhere: &BTreeSet<&str>,
    ) -> Vec<Change> {
        let told: Vec<Fact> = changes.iter().cloned().map(Fact::from).collect();
        let mut damaged = BTreeSet::new();
        for row in stored {
            if row.webhook_event_id != Some(event.id) {
                continue;
            }
            match told.iter().find(|fact| fact.fingerprint == row.fingerprint) {
                Some(fact) if fact.change == row.change.0 => {}
                Some(fact) => {
                    damaged.insert(fact.fingerprint.as_str());
                    self.stale.push(row.id);
                }
                None => self.stale.push(row.id),
            }
        }
        let is_new = |fact: &&Fact| {
            let name = fact.fingerprint.as_str();
            let here = stored.iter().any(|row| row.fingerprint == name);
            damaged.contains(name) || !(here || stored_anywhere.contains(name))
        };
        told.iter()
            .filter(is_new)
            .map(|fact| fact.change.clone())
            .collect()
    }

    /// Whether the new facts name the booking as facts do that stay. The table of references may be what is damaged.
    fn shares_reference(&self, stored: &[BookingChange], new: &[Change]) -> bool {
        let stays = |row: &&BookingChange| !self.stale.contains(&row.id);
        let known: BTreeSet<_> = stored
            .iter()
            .filter(stays)
            .flat_map(|row| &row.change.0.identity.references)
            .collect();
        new.iter()
            .flat_map(|change| &change.identity.references)
            .any(|reference| known.contains(reference))
    }
}
