//! What becomes of a hold: it is extended, released, expires, or becomes a booking. Only its owner decides, and only as long
//! as it lasts. None of this takes more time than the hold had, so nothing needs to be waited for.

use calbridge_core::{claim::Owner, ids::ClaimId, scope::Scope};
use jiff::Timestamp;

use super::{Claim, affecting};
use crate::sql::{StoreError, Tx};

/// Keep a hold until a later instant: the hold as it is now, or `None` when it is over or not the owner's.
pub async fn extend(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    owner: &Owner,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    tx.query(
        "UPDATE claims SET expires_at = CASE WHEN expires_at < $5 THEN $5 ELSE expires_at END, updated_at = $4
         WHERE tenant_id = $1 AND id = $2 AND owner_key = $3 AND kind = 'hold' AND expires_at > $4
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(owner.key())
    .bind(now)
    .bind(until)
    .optional()
    .await
}

/// Give a hold back: the hold that was there, or `None` when there is none of that owner.
pub async fn release(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    owner: &Owner,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let released: Option<Claim> = tx
        .query(
            "DELETE FROM claims WHERE tenant_id = $1 AND id = $2 AND owner_key = $3 AND kind = 'hold' RETURNING *",
        )
        .bind(scope.tenant_id())
        .bind(id)
        .bind(owner.key())
        .optional()
        .await?;
    affecting::announce(tx, scope, released.as_slice(), now).await?;
    Ok(released)
}

/// Make a hold a booking, before the provider hears of it: from now on it does not expire. `None` when it is over or not
/// the owner's; the time may then still be free, for whoever takes it anew.
pub async fn become_booking(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    owner: &Owner,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    tx.query(
        "UPDATE claims SET kind = 'booking', expires_at = NULL, updated_at = $4
         WHERE tenant_id = $1 AND id = $2 AND owner_key = $3 AND kind = 'hold' AND expires_at > $4
         RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(owner.key())
    .bind(now)
    .optional()
    .await
}

/// Note the provider's own reservation of the slot, or that it is lost.
pub async fn set_reservation(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    reservation: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "UPDATE claims SET reservation_id = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2",
        )
        .bind(scope.tenant_id())
        .bind(id)
        .bind(reservation)
        .bind(now)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Remove holds of all tenants that have expired, and tell which: a provider may have reserved their slots too. Nobody
/// waits for this, for an expired hold is in nobody's way.
pub async fn expire_in_all(
    tx: &mut Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    let skip_locked = tx.skip_locked();
    let expired: Vec<Claim> = tx
        .query(format!(
            "WITH expired AS MATERIALIZED (
                 SELECT id FROM claims WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2 {skip_locked}
             )
             DELETE FROM claims WHERE id IN (SELECT id FROM expired) RETURNING *"
        ))
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    affecting::announce_in_all(tx, &expired, now).await?;
    Ok(expired)
}
