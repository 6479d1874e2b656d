//! Table `booking_changes`: the facts of each booking and what each one did.

use calbridge_core::{
    change::Change,
    ids::{BookingId, TenantId, WebhookEventId},
    scope::Scope,
    story::Brief,
};
use jiff::Timestamp;

use crate::{
    sql::{Json, StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// A fact and what it did.
    BookingChange {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Booking.
        booking_id: BookingId,
        /// The event that told it.
        webhook_event_id: Option<WebhookEventId>,
        /// Names the fact within the booking.
        fingerprint: String,
        /// What happened, in a word.
        kind: String,
        /// Who brought it to us.
        actor: String,
        /// Who caused it: role, and who, where the provider says.
        cause: Option<String>,
        /// When it happened.
        occurred_at: Timestamp,
        /// Its place in the story.
        position: i32,
        /// Whether it changed something.
        effective: bool,
        /// Why it changed nothing.
        note: Option<String>,
        /// Before.
        before: Option<Json<Brief>>,
        /// After.
        after: Option<Json<Brief>>,
        /// The fact.
        change: Json<Change>,
        /// When we recorded it.
        created_at: Timestamp,
    }
}

/// The facts of some bookings, in the order of their stories.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<Vec<BookingChange>, StoreError> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, bookings.iter().copied());
    tx.query(format!(
        "SELECT * FROM booking_changes WHERE tenant_id = $1 AND booking_id IN {list}
         ORDER BY booking_id, position, id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// The facts that some events told, of whatever booking.
pub async fn list_of_events(
    tx: &mut Tx,
    scope: &Scope,
    events: &[WebhookEventId],
) -> Result<Vec<BookingChange>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, events.iter().copied());
    tx.query(format!(
        "SELECT * FROM booking_changes WHERE tenant_id = $1 AND webhook_event_id IN {list} ORDER BY id"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .all()
    .await
}

/// Delete facts that their event does not tell of this booking any more.
pub async fn delete(tx: &mut Tx, scope: &Scope, ids: &[i64]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let (list, bound) = in_list(2, ids.iter().copied());
    tx.query(format!(
        "DELETE FROM booking_changes WHERE tenant_id = $1 AND id IN {list}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(bound)
    .execute()
    .await?;
    Ok(())
}

/// Add facts; one that is there stays as it is.
pub async fn insert(tx: &mut Tx, changes: &[BookingChange]) -> Result<(), StoreError> {
    let columns = BookingChange::COLUMNS[1..].join(", ");
    let rows = changes
        .iter()
        .map(|change| change.values().split_off(1))
        .collect();
    tx.insert_rows(
        &format!("INSERT INTO booking_changes ({columns}) VALUES"),
        rows,
        "ON CONFLICT (booking_id, fingerprint) DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Write what known facts did, now that the story is told with new ones among them.
pub async fn update(tx: &mut Tx, changes: &[BookingChange]) -> Result<(), StoreError> {
    let rows = changes
        .iter()
        .map(|change| {
            vec![
                change.id.into(),
                change.position.into(),
                change.effective.into(),
                (&change.note).into(),
                change.before.clone().into(),
                Value::from(change.after.clone()),
            ]
        })
        .collect();
    tx.update_rows(
        "booking_changes",
        "id",
        &["position", "effective", "note", "before", "after"],
        rows,
    )
    .await?;
    Ok(())
}
