//! Table `booking_conflicts`: bookings at the same time as one of ours, for a person to sort out.

use calbridge_core::{
    ids::{BookingId, ClaimId, ConnectionId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use super::{displace::Fact, list::Overlap};
use crate::{
    page::{Page, PageRequest},
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// Two bookings of one host at once.
    BookingConflict {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// The booking that the provider told us of.
        booking_id: BookingId,
        /// The one of ours, if it was known already.
        other_booking_id: Option<BookingId>,
        /// The claim of the one of ours.
        claim_id: ClaimId,
        /// Whose time it is.
        resource: String,
        /// Both at once from here.
        starts_at: Timestamp,
        /// Until here.
        ends_at: Timestamp,
        /// When it was noticed first.
        found_at: Timestamp,
        /// When it was sorted out.
        resolved_at: Option<Timestamp>,
        /// By whom.
        resolved_by: Option<String>,
    }
}

/// Conflicts nobody has sorted out, newest first.
pub async fn list_conflicts(
    tx: &mut Tx,
    scope: &Scope,
    request: PageRequest,
) -> Result<Page<BookingConflict>, StoreError> {
    let rows = tx
        .query(
            "SELECT * FROM booking_conflicts
             WHERE tenant_id = $1 AND resolved_at IS NULL AND id < $2 ORDER BY id DESC LIMIT $3",
        )
        .bind(scope.tenant_id())
        .bind(request.below_or_max())
        .bind(request.limit + 1)
        .all()
        .await?;
    Ok(request.page(rows, |conflict: &BookingConflict| conflict.id))
}

/// Note that a conflict is sorted out; whether there was one.
pub async fn resolve_conflict(
    tx: &mut Tx,
    scope: &Scope,
    id: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "UPDATE booking_conflicts SET resolved_at = $3, resolved_by = $4
             WHERE tenant_id = $1 AND id = $2 AND resolved_at IS NULL",
        )
        .bind(scope.tenant_id())
        .bind(id)
        .bind(now)
        .bind(scope.actor().label())
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Once as long as nobody has sorted it out, however often the provider repeats itself.
pub(super) async fn record(
    tx: &mut Tx,
    scope: &Scope,
    fact: &Fact,
    overlap: &Overlap,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO booking_conflicts
             (tenant_id, connection_id, booking_id, other_booking_id, claim_id, resource, starts_at, ends_at, found_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (booking_id, claim_id, resource) WHERE resolved_at IS NULL
         DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,
             other_booking_id = excluded.other_booking_id",
    )
    .bind(scope.tenant_id())
    .bind(fact.connection_id)
    .bind(fact.booking_id)
    .bind(overlap.claim.booking_id)
    .bind(overlap.claim.id)
    .bind(overlap.resource.as_str())
    .bind(overlap.claim.starts_at.max(fact.slot.starts_at()))
    .bind(overlap.claim.ends_at.min(fact.slot.ends_at()))
    .bind(now)
    .execute()
    .await?;
    Ok(())
}
