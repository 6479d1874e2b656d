//! Tables `webhook_events` and `webhook_bodies`: what providers told us, stored before it is interpreted.

use std::collections::BTreeMap;

use calbridge_core::{
    change::Canonical,
    ids::{ConnectionId, TenantId, WebhookEventId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{Json, StoreError, Tx, Value, in_list},
    types::{row_type, stored_word},
};

/// What became of a webhook event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventStatus {
    /// Stored; not looked at yet.
    Received,
    /// Applied.
    Processed,
    /// Understood, and nothing to do.
    Ignored,
    /// Could not be applied or read.
    Failed,
}

impl EventStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Received, Self::Processed, Self::Ignored, Self::Failed];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }

    /// Whether there is nothing left to do about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Processed | Self::Ignored)
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

stored_word!(EventStatus: EventStatus::from_word);

row_type! {
    /// One thing a provider told us.
    WebhookEvent {
        /// Id.
        id: WebhookEventId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// Provider.
        provider: Provider,
        /// Its name, as sent.
        event_type: String,
        /// Our name of it.
        canonical: Canonical,
        /// The provider's id of what it is about.
        external_id: Option<String>,
        /// What became of it.
        status: EventStatus,
        /// Why it was ignored.
        reason: Option<String>,
        /// Why it failed.
        error_message: Option<String>,
        /// When it happened, where the event says so.
        occurred_at: Option<Timestamp>,
        /// Signed with a time outside the tolerance.
        late: bool,
        /// Through which URL it came.
        door: String,
        /// Equal for repetitions.
        delivery_key: String,
        /// How often it was repeated.
        repeats: i32,
        /// When it was repeated last.
        last_repeated_at: Option<Timestamp>,
        /// How often applying it was tried.
        attempts: i32,
        /// When applying it is tried next.
        next_attempt_at: Option<Timestamp>,
        /// When it was applied or ignored.
        processed_at: Option<Timestamp>,
        /// When we received it.
        created_at: Timestamp,
    }
}

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

/// The event, if the tenant has it.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Option<WebhookEvent>, StoreError> {
    tx.query("SELECT * FROM webhook_events WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await
}

/// The same, locked until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Option<WebhookEvent>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM webhook_events WHERE tenant_id = $1 AND id = $2 {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(id)
    .optional()
    .await
}

/// The event with this public id, if the tenant has it.
pub async fn find_by_public_id(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
) -> Result<Option<WebhookEvent>, StoreError> {
    tx.query("SELECT * FROM webhook_events WHERE tenant_id = $1 AND public_id = $2")
        .bind(scope.tenant_id())
        .bind(public_id)
        .optional()
        .await
}

/// Which events of a tenant to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventFilter {
    /// Only these statuses; empty means all.
    pub status: Option<EventStatus>,
    /// Only this provider's.
    pub provider: Option<Provider>,
    /// Only this connection's.
    pub connection_id: Option<ConnectionId>,
    /// Only with this name, as sent.
    pub event_type: Option<String>,
    /// Only about this.
    pub external_id: Option<String>,
    /// Only those that failed and are not tried again by themselves.
    pub parked: bool,
    /// Only through this URL.
    pub door: Option<String>,
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
}

impl EventFilter {
    /// The conditions, their parameters beginning with `$from`.
    fn conditions(&self, from: usize) -> (String, Vec<Value>) {
        let mut conditions = Conditions::from(from);
        conditions.add("status =", self.status, "");
        if self.status.is_some_and(|status| !status.is_settled()) {
            // As the index of the few that are has it: a planner does not look into what is bound.
            conditions.add_plain("status IN ('received', 'failed')");
        }
        if self.parked {
            conditions.add_plain("status = 'failed' AND next_attempt_at IS NULL");
        }
        conditions.add("provider =", self.provider, "");
        conditions.add("connection_id =", self.connection_id, "");
        conditions.add("event_type =", self.event_type.as_ref(), "");
        conditions.add("external_id =", self.external_id.as_ref(), "");
        conditions.add("door =", self.door.as_ref(), "");
        conditions.add("created_at >=", self.from, "");
        conditions.add("created_at <", self.to, "");
        conditions.finish()
    }
}

/// Events of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Page<WebhookEvent>, StoreError> {
    let (conditions, values) = filter.conditions(4);
    let rows = tx
        .query(format!(
            "SELECT * FROM webhook_events WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |event: &WebhookEvent| event.id.0))
}

/// Ids of a tenant's events above `after`, oldest first: for replaying a range in its order, and for following along.
pub async fn list_after(
    tx: &mut Tx,
    scope: &Scope,
    filter: &EventFilter,
    after: WebhookEventId,
    limit: i64,
) -> Result<Vec<WebhookEvent>, StoreError> {
    let (conditions, values) = filter.conditions(4);
    tx.query(format!(
        "SELECT * FROM webhook_events WHERE tenant_id = $1 AND id > $2{conditions} ORDER BY id LIMIT $3"
    ))
    .bind(scope.tenant_id())
    .bind(after)
    .bind(limit)
    .bind_all(values)
    .all()
    .await
}

/// The newest id of a tenant's events; 0 when there is none.
pub async fn newest(tx: &mut Tx, scope: &Scope) -> Result<WebhookEventId, StoreError> {
    let (id,): (Option<WebhookEventId>,) = tx
        .query("SELECT MAX(id) FROM webhook_events WHERE tenant_id = $1")
        .bind(scope.tenant_id())
        .one()
        .await?;
    Ok(id.unwrap_or(WebhookEventId(0)))
}

/// How many events of a tenant have each status.
pub async fn count_by_status(
    tx: &mut Tx,
    scope: &Scope,
) -> Result<Vec<(EventStatus, i64)>, StoreError> {
    tx.query("SELECT status, COUNT(*) FROM webhook_events WHERE tenant_id = $1 GROUP BY status ORDER BY status")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// Events by id, whatever their tenant: for history that names them.
pub async fn list_by_ids(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[WebhookEventId],
) -> Result<Vec<WebhookEvent>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (list, values) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "SELECT * FROM webhook_events WHERE tenant_id = $1 AND id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// How many events could not be applied, up to [`crate::jobs::MOST_COUNTED`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FailedEvents {
    /// Will be tried again by themselves.
    pub retrying: i64,
    /// Wait for somebody to look.
    pub parked: i64,
}

/// Failed events of all tenants.
pub async fn count_failed_of_all_tenants(tx: &mut Tx) -> Result<FailedEvents, StoreError> {
    let (retrying, parked) = tx
        .query(
            "SELECT COUNT(next_attempt_at), COUNT(*) - COUNT(next_attempt_at) FROM
                 (SELECT next_attempt_at FROM webhook_events WHERE status = 'failed' LIMIT $1) AS counted",
        )
        .bind(crate::jobs::MOST_COUNTED)
        .one()
        .await?;
    Ok(FailedEvents { retrying, parked })
}

/// Applied events of a tenant above `after` that told no fact that is still there, oldest first.
pub async fn list_without_facts(
    tx: &mut Tx,
    scope: &Scope,
    after: WebhookEventId,
    limit: i64,
) -> Result<Vec<WebhookEvent>, StoreError> {
    tx.query(
        "SELECT e.* FROM webhook_events e WHERE e.tenant_id = $1 AND e.id > $2 AND e.status = 'processed'
         AND NOT EXISTS (SELECT 1 FROM booking_changes c WHERE c.webhook_event_id = e.id)
         ORDER BY e.id LIMIT $3",
    )
    .bind(scope.tenant_id())
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// Applied events of a connection about what the provider calls one of these.
pub async fn list_applied_about(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    external_ids: &[String],
) -> Result<Vec<WebhookEvent>, StoreError> {
    if external_ids.is_empty() {
        return Ok(Vec::new());
    }
    let (list, values) = in_list(3, external_ids);
    tx.query(format!(
        "SELECT * FROM webhook_events WHERE tenant_id = $1 AND connection_id = $2 AND external_id IN {list}
         AND status = 'processed' ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind(connection_id)
    .bind_all::<Value>(values)
    .all()
    .await
}
