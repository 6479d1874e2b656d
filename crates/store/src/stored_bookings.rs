//! Table `stored_bookings`: what bookings that were stored here will ask of their provider, once they are pushed.

use calbridge_core::{ids::BookingId, scope::Scope};
use jiff::Timestamp;
use serde_json::Value as JsonValue;

use crate::sql::{StoreError, Tx};

/// Keep what a booking will ask.
pub async fn insert(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
    request: &JsonValue,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO stored_bookings (booking_id, tenant_id, request, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(booking)
    .bind(scope.tenant_id())
    .bind(request)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// What a booking will ask, or has asked; `None` for bookings that were not stored here.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
) -> Result<Option<JsonValue>, StoreError> {
    let found: Option<(JsonValue,)> = tx
        .query("SELECT request FROM stored_bookings WHERE tenant_id = $1 AND booking_id = $2")
        .bind(scope.tenant_id())
        .bind(booking)
        .optional()
        .await?;
    Ok(found.map(|(request,)| request))
}
