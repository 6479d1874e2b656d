//! Tables `webhook_events` and `webhook_bodies`: what providers told us, stored before it is interpreted.

mod list;
mod record;

use calbridge_core::{
    change::Canonical,
    ids::{ConnectionId, TenantId, WebhookEventId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

pub use self::{
    list::{EventFilter, list, list_after},
    record::{Finished, NewWebhookEvent, Recorded, finish, record},
};
use crate::{
    sql::{StoreError, Tx, Value, in_list},
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
