//! Storing deliveries, and what became of them.

use std::collections::BTreeMap;

use calbridge_core::{
    change::Canonical,
    ids::{ConnectionId, TenantId, WebhookEventId},
    provider::Provider,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::EventStatus;
use crate::sql::{Json, StoreError, Tx, Value};

/// A verified delivery, to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewWebhookEvent<'a> {
    /// Id for interfaces that promise a UUID.
    pub public_id: Uuid,
    /// Tenant of the connection.
    pub tenant_id: TenantId,
    /// Connection.
    pub connection_id: ConnectionId,
    /// Provider.
    pub provider: Provider,
    /// Its name, as sent.
    pub event_type: &'a str,
    /// Our name of it.
    pub canonical: Canonical,
    /// The provider's id of what it is about.
    pub external_id: Option<&'a str>,
    /// What will have become of it at the end of the transaction; if not, [`finish`] says so.
    pub status: EventStatus,
    /// Why it is ignored.
    pub reason: Option<&'a str>,
    /// Why it fails.
    pub error_message: Option<&'a str>,
    /// How often applying it will have been tried.
    pub attempts: i32,
    /// When we received it.
    pub received_at: Timestamp,
    /// When it happened, where the event says so.
    pub occurred_at: Option<Timestamp>,
    /// Signed with a time outside the tolerance.
    pub late: bool,
    /// Through which URL it came.
    pub door: &'static str,
    /// Equal for repetitions.
    pub delivery_key: &'a str,
    /// The headers, as received.
    pub headers: &'a [(String, String)],
    /// The body, as received.
    pub body: &'a [u8],
}

/// Whether a delivery told something new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// Stored under this id.
    New(WebhookEventId),
    /// A repetition of this one.
    Duplicate(WebhookEventId),
}

impl Recorded {
    /// The id it is stored under.
    pub fn id(self) -> WebhookEventId {
        match self {
            Self::New(id) | Self::Duplicate(id) => id,
        }
    }
}

/// Store deliveries with their raw bytes; repetitions raise a counter. The answers are in the order of `events`.
pub async fn record(
    tx: &mut Tx,
    events: &[NewWebhookEvent<'_>],
    now: Timestamp,
) -> Result<Vec<Recorded>, StoreError> {
    // Always in the same order, so that two transactions with the same repetitions cannot wait for each other.
    let mut ordered: Vec<&NewWebhookEvent<'_>> = events.iter().collect();
    ordered.sort_by_key(|event| (event.connection_id, event.delivery_key));
    let rows = ordered
        .iter()
        .map(|event| {
            vec![
                event.public_id.into(),
                event.tenant_id.into(),
                event.connection_id.into(),
                event.provider.into(),
                event.event_type.into(),
                event.canonical.into(),
                event.external_id.into(),
                event.status.into(),
                event.reason.into(),
                event.error_message.into(),
                event.attempts.into(),
                Value::from((event.status != EventStatus::Failed).then_some(now)),
                event.occurred_at.into(),
                event.late.into(),
                event.door.into(),
                event.delivery_key.into(),
                Value::from(event.received_at),
            ]
        })
        .collect();
    let inserted: Vec<(WebhookEventId, Uuid)> = tx
        .insert_rows_returning(
            "INSERT INTO webhook_events (public_id, tenant_id, connection_id, provider, event_type, canonical,
                 external_id, status, reason, error_message, attempts, processed_at, occurred_at, late, door,
                 delivery_key, created_at) VALUES",
            rows,
            "ON CONFLICT (connection_id, delivery_key) DO NOTHING RETURNING id, public_id",
        )
        .await?;
    let new: BTreeMap<Uuid, WebhookEventId> = inserted
        .into_iter()
        .map(|(id, public)| (public, id))
        .collect();

    let bodies = events
        .iter()
        .filter_map(|event| {
            let id = new.get(&event.public_id)?;
            Some(vec![
                (*id).into(),
                event.tenant_id.into(),
                Json(event.headers).into(),
                Value::from(event.body),
            ])
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO webhook_bodies (webhook_event_id, tenant_id, headers, body) VALUES",
        bodies,
        "",
    )
    .await?;

    let known: Vec<&NewWebhookEvent<'_>> = ordered
        .into_iter()
        .filter(|event| !new.contains_key(&event.public_id))
        .collect();
    let repeated = count_repeats(tx, &known, now).await?;
    let recorded = events.iter().filter_map(|event| {
        let name = (event.connection_id, event.delivery_key);
        let known = repeated.get(&name).map(|id| Recorded::Duplicate(*id));
        new.get(&event.public_id)
            .map(|id| Recorded::New(*id))
            .or(known)
    });
    Ok(recorded.collect())
}

/// What a delivery and its repetitions have in common.
type DeliveryName<'a> = (ConnectionId, &'a str);

/// Raise the counters of known events, once for each of `repeats`.
async fn count_repeats<'a>(
    tx: &mut Tx,
    repeats: &[&NewWebhookEvent<'a>],
    now: Timestamp,
) -> Result<BTreeMap<DeliveryName<'a>, WebhookEventId>, StoreError> {
    let mut left: BTreeMap<DeliveryName<'a>, usize> = BTreeMap::new();
    for event in repeats {
        *left
            .entry((event.connection_id, event.delivery_key))
            .or_default() += 1;
    }
    let mut ids = BTreeMap::new();
    while !left.is_empty() {
        let names = left
            .keys()
            .map(|(connection_id, delivery_key)| {
                vec![
                    (*connection_id).into(),
                    (*delivery_key).into(),
                    Value::from(now),
                ]
            })
            .collect();
        let counted: Vec<(WebhookEventId, ConnectionId, String)> = tx
            .update_named(
                "webhook_events",
                "connection_id, delivery_key",
                &["last_repeated_at"],
                names,
                "repeats = repeats + 1, last_repeated_at = named.last_repeated_at",
                "RETURNING webhook_events.id, webhook_events.connection_id, webhook_events.delivery_key",
            )
            .await?;
        ids.extend(left.keys().filter_map(|name| {
            let found =
                |row: &&(WebhookEventId, ConnectionId, String)| (row.1, row.2.as_str()) == *name;
            Some((*name, counted.iter().find(found)?.0))
        }));
        // The same delivery twice in one batch is counted in a round of its own.
        left.retain(|_, count| {
            *count -= 1;
            *count > 0
        });
    }
    Ok(ids)
}

/// What became of an event that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// The event.
    pub id: WebhookEventId,
    /// What became of it.
    pub status: EventStatus,
    /// Why it was ignored.
    pub reason: Option<String>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// How often applying it was tried.
    pub attempts: i32,
    /// When applying it is tried next.
    pub next_attempt_at: Option<Timestamp>,
}

/// Note what became of events.
pub async fn finish(tx: &mut Tx, finished: &[Finished], now: Timestamp) -> Result<(), StoreError> {
    let rows = finished
        .iter()
        .map(|event| {
            vec![
                event.id.into(),
                event.status.into(),
                (&event.reason).into(),
                (&event.error_message).into(),
                event.attempts.into(),
                event.next_attempt_at.into(),
                Value::from(event.status.is_settled().then_some(now)),
            ]
        })
        .collect();
    tx.update_rows(
        "webhook_events",
        "id",
        &[
            "status",
            "reason",
            "error_message",
            "attempts",
            "next_attempt_at",
            "processed_at",
        ],
        rows,
    )
    .await?;
    Ok(())
}
