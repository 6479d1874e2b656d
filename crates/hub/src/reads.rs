//! Reads with nothing to decide: one transaction and a query or two.

use calbridge_core::{
    ids::{BookingId, WebhookEventId},
    scope::Scope,
};
use calbridge_store::{
    Page, PageRequest, StoreError,
    audit::{self, AuditEntry},
    booking_changes::{self, BookingChange},
    quarantine::{self, QuarantinedDelivery},
    tenants,
    webhook_bodies::{self, Raw},
    webhook_events::{self, EventFilter, WebhookEvent},
};
use uuid::Uuid;

use crate::{
    app::App,
    node::{self, SeenNode},
};

/// The facts of a booking in the order of its story.
pub async fn history(
    app: &App,
    scope: &Scope,
    id: BookingId,
) -> Result<Vec<BookingChange>, StoreError> {
    let mut tx = app.store.read().await?;
    let changes = booking_changes::list(&mut tx, scope, &[id]).await?;
    tx.rollback().await?;
    Ok(changes)
}

/// Webhook events of the tenant, newest first.
pub async fn events(
    app: &App,
    scope: &Scope,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Page<WebhookEvent>, StoreError> {
    let mut tx = app.store.read().await?;
    let events = webhook_events::list(&mut tx, scope, filter, page).await?;
    tx.rollback().await?;
    Ok(events)
}

/// The webhook event with this id, either of the two it has.
pub async fn event(
    app: &App,
    scope: &Scope,
    any_id: &str,
) -> Result<Option<WebhookEvent>, StoreError> {
    let mut tx = app.store.read().await?;
    let event = if let Ok(id) = any_id.parse() {
        webhook_events::find(&mut tx, scope, id).await?
    } else if let Ok(public_id) = any_id.parse::<Uuid>() {
        webhook_events::find_by_public_id(&mut tx, scope, public_id).await?
    } else {
        None
    };
    tx.rollback().await?;
    Ok(event)
}

/// What was received, if it is still kept.
pub async fn event_body(
    app: &App,
    scope: &Scope,
    id: WebhookEventId,
) -> Result<Option<Raw>, StoreError> {
    let mut tx = app.store.read().await?;
    let raw = webhook_bodies::find(&mut tx, scope, id).await?;
    tx.rollback().await?;
    Ok(raw)
}

/// Deliveries that nothing verified, newest first: those of the tenant's own URLs, and those of the shared URLs, which
/// belong to nobody, as long as there is only one tenant.
pub async fn quarantined(
    app: &App,
    scope: &Scope,
    page: PageRequest,
) -> Result<Page<QuarantinedDelivery>, StoreError> {
    let mut tx = app.store.read().await?;
    let alone = tenants::list_all(&mut tx).await?.len() == 1;
    let found = if alone {
        quarantine::list_of_all_tenants(&mut tx, page).await?
    } else {
        quarantine::list(&mut tx, scope, page).await?
    };
    tx.rollback().await?;
    Ok(found)
}

/// The processes at work on the database, as long as there is only one tenant: they are the installation's, not a tenant's.
pub async fn nodes(app: &App) -> Result<Vec<SeenNode>, StoreError> {
    let mut tx = app.store.read().await?;
    let alone = tenants::list_all(&mut tx).await?.len() == 1;
    let nodes = if alone {
        node::list(&mut tx).await?
    } else {
        Vec::new()
    };
    tx.rollback().await?;
    Ok(nodes)
}

/// What was done in the tenant, newest first.
pub async fn audit_log(
    app: &App,
    scope: &Scope,
    page: PageRequest,
) -> Result<Page<AuditEntry>, StoreError> {
    let mut tx = app.store.read().await?;
    let entries = audit::list(&mut tx, scope, page).await?;
    tx.rollback().await?;
    Ok(entries)
}
