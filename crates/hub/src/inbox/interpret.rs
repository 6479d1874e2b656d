//! What a stored event means, read anew, and applied.

use std::{collections::BTreeSet, sync::Arc};

use calbridge_core::{
    change::{Change, Verdict},
    ids::{BookingId, ConnectionId, WebhookEventId},
    provider::Provider,
    scope::{Actor, Scope},
    story::Fact,
};
use calbridge_providers::{Headers, normalize};
use calbridge_store::{
    StoreError,
    booking_changes::{self, BookingChange},
    booking_references,
    connections::{self, Connection},
    sql::{RawJson, Tx},
    webhook_bodies,
    webhook_events::{self, EventStatus, WebhookEvent},
};
use jiff::Timestamp;

use super::{
    ReplayError, Replayed,
    apply::{self, Care, Item, RowChanges, Rules},
    commit::LONGEST_WAIT,
};
use crate::app::App;

/// An event as today's code reads it.
pub(crate) struct Read {
    pub connection: Connection,
    pub verdict: Verdict,
    /// Whether the connection wants events with its name.
    pub wanted: bool,
    payload: Option<RawJson>,
}

impl Read {
    /// Some of its facts, to be applied; `booking_id` where that is known better than by their references.
    pub fn item(
        &self,
        event: &WebhookEvent,
        booking_id: Option<BookingId>,
        changes: Vec<Change>,
    ) -> Item {
        Item {
            connection_id: self.connection.id,
            provider: self.connection.provider,
            creates_leads: self.connection.creates_leads,
            webhook_event_id: Some(event.id),
            actor: Actor::Webhook { id: event.id },
            booking_id,
            changes,
            payload: self.payload.clone(),
        }
    }
}

/// An item that only has a booking's story told again.
pub(crate) fn retold(
    connection_id: ConnectionId,
    provider: Provider,
    booking_id: BookingId,
) -> Item {
    Item {
        connection_id,
        provider,
        creates_leads: false,
        webhook_event_id: None,
        actor: Actor::System,
        booking_id: Some(booking_id),
        changes: Vec::new(),
        payload: None,
    }
}

/// Read a stored event anew.
pub(crate) async fn read(
    tx: &mut Tx,
    scope: &Scope,
    event: &WebhookEvent,
) -> Result<Read, ReplayError> {
    let id = event.id;
    let (headers, body) = webhook_bodies::find(tx, scope, id)
        .await?
        .ok_or(ReplayError::BodyGone(id))?;
    let connection = connections::find(tx, scope, event.connection_id)
        .await?
        .ok_or(ReplayError::NotFound(id))?;
    let content_type = Headers(&headers).all("content-type").next();
    let reading = normalize(event.provider, content_type, &body, event.created_at);
    Ok(Read {
        wanted: connection.wants(reading.meaning.canonical),
        connection,
        verdict: reading.meaning.verdict,
        payload: reading
            .payload
            .as_ref()
            .map(|json| RawJson(json.to_string())),
    })
}

/// Read an event anew and apply what it means.
pub(super) async fn interpret(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
    rows: Option<&mut RowChanges>,
    now: Timestamp,
) -> Result<(WebhookEvent, Replayed), ReplayError> {
    tx.wait_at_most(LONGEST_WAIT).await?;
    let event = webhook_events::find_for_update(tx, scope, id)
        .await?
        .ok_or(ReplayError::NotFound(id))?;
    let read = read(tx, scope, &event).await?;
    let mut replayed = Replayed {
        id,
        status: EventStatus::Processed,
        reason: None,
        moves: Vec::new(),
        rows: RowChanges::default(),
    };
    match &read.verdict {
        Verdict::Ignore(why) => {
            replayed.status = EventStatus::Ignored;
            replayed.reason = Some(why.clone());
        }
        Verdict::Unreadable(why) => {
            replayed.status = EventStatus::Failed;
            replayed.reason = Some(why.clone());
        }
        Verdict::Apply(_) if !read.wanted => {
            replayed.status = EventStatus::Ignored;
            replayed.reason = Some("filtered".to_owned());
        }
        Verdict::Apply(changes) => {
            let stale = stale(tx, scope, &event, changes).await?;
            let mut items = vec![read.item(&event, None, changes.clone())];
            let bookings: BTreeSet<BookingId> =
                stale.iter().map(|change| change.booking_id).collect();
            items.extend(
                bookings
                    .into_iter()
                    .map(|id| retold(event.connection_id, event.provider, id)),
            );
            replayed.moves = apply_items(app, tx, scope, &items, &stale, rows, now)
                .await
                .map_err(|error| refused(id, error))?;
        }
    }
    Ok((event, replayed))
}

async fn apply_items(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    items: &[Item],
    stale: &[BookingChange],
    rows: Option<&mut RowChanges>,
    now: Timestamp,
) -> Result<Vec<&'static str>, StoreError> {
    let registry = app.registry.current(&app.store, now).await;
    let settings = Arc::clone(&registry.settings(scope.tenant_id()));
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    let stale: Vec<i64> = stale.iter().map(|change| change.id).collect();
    let care = Care {
        stale: &stale,
        ..Care::default()
    };
    apply::lock(tx, &[(scope, items)]).await?;
    let applied = apply::apply_with(tx, scope, rules, items, care, rows, now).await?;
    Ok(applied.into_iter().flat_map(|one| one.moves).collect())
}

fn refused(id: WebhookEventId, error: StoreError) -> ReplayError {
    // Somebody else was faster; whether that passes is for the caller to find out.
    let passes = matches!(error, StoreError::Conflict);
    if passes || super::commit::is_about_the_database(&error) {
        return ReplayError::Store(error);
    }
    ReplayError::StillFails {
        id,
        why: error.to_string(),
    }
}

/// What the event told when it was read earlier and does not tell now, or not of that booking.
async fn stale(
    tx: &mut Tx,
    scope: &Scope,
    event: &WebhookEvent,
    changes: &[Change],
) -> Result<Vec<BookingChange>, StoreError> {
    let mut stale = Vec::new();
    let told = booking_changes::list_of_events(tx, scope, &[event.id]).await?;
    let facts: Vec<Fact> = changes.iter().cloned().map(Fact::from).collect();
    for row in told {
        let fact = facts
            .iter()
            .find(|fact| fact.fingerprint == row.fingerprint);
        let stays = match fact {
            // A fact that names nothing has a booking of its own.
            Some(fact) => {
                fact.change.identity.references.is_empty()
                    || names(tx, scope, event, &fact.change, row.booking_id).await?
            }
            None => false,
        };
        if !stays {
            stale.push(row);
        }
    }
    Ok(stale)
}

/// Whether the references of a fact lead to the booking, or nowhere.
async fn names(
    tx: &mut Tx,
    scope: &Scope,
    event: &WebhookEvent,
    change: &Change,
    booking_id: BookingId,
) -> Result<bool, StoreError> {
    let references = &change.identity.references;
    let values: Vec<String> = references
        .iter()
        .map(|reference| reference.value.clone())
        .collect();
    let rows = booking_references::find(tx, scope, &values).await?;
    let mut named = rows
        .iter()
        .filter(|row| {
            row.connection_id == event.connection_id && references.contains(&row.reference)
        })
        .peekable();
    Ok(named.peek().is_none() || named.any(|row| row.booking_id == booking_id))
}
