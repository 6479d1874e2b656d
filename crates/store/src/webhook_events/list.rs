//! Lists of events, filtered.

use calbridge_core::{
    ids::{ConnectionId, WebhookEventId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;

use super::{EventStatus, WebhookEvent};
use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{StoreError, Tx, Value},
};

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
