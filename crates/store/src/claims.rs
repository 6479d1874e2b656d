//! Tables `claims` and `claim_resources`: what our own holds and bookings take of people's time. The database refuses what
//! overlaps, between holds and bookings and for any interleaving; what a provider tells us does not write here.
//!
//! Whoever takes time first waits for the resources, in one order for all, then looks, then writes. So the constraint of
//! the database stays silent, nobody waits for somebody who waits for them, and an expired hold can go in the same
//! transaction in which its time is taken. A transaction that also changes bookings or holds does so before it changes claims.
//!
//! Every write here says itself what it invalidates.

mod affecting;
mod conflicts;
mod displace;
mod holds;
mod list;
mod take;
#[cfg(test)]
mod tests;

pub use self::{
    conflicts::{BookingConflict, list_conflicts, resolve_conflict},
    displace::{Displaced, Fact, displace},
    holds::{become_booking, expire_in_all, extend, release, set_reservation},
    list::{Blocked, Window, find, list, list_of_booking},
    take::{Claimed, NewClaim, Terms, lock, move_to, take},
};

use calbridge_core::{
    claim::Resource,
    ids::{BookingId, ClaimId, ConnectionId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    sql::{StoreError, Tx},
    types::{row_type, stored_word},
};

/// What a claim is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimKind {
    /// Kept for somebody until it expires.
    Hold,
    /// A booking, from the moment the provider may hear of it.
    Booking,
}

impl ClaimKind {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Booking => "booking",
        }
    }
}

stored_word!(ClaimKind: |word| {
    [ClaimKind::Hold, ClaimKind::Booking].into_iter().find(|kind| kind.as_str() == word)
});

row_type! {
    /// A hold, or what a booking of ours takes.
    Claim {
        /// Id.
        id: ClaimId,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// What it is.
        kind: ClaimKind,
        /// The first claim of the same booking, if that is another one.
        chain: Option<ClaimId>,
        /// The provider's id of the event type.
        event_type_id: Option<String>,
        /// Start of the meeting.
        starts_at: Timestamp,
        /// End of the meeting.
        ends_at: Timestamp,
        /// Start with the buffer.
        blocked_from: Timestamp,
        /// End with the buffer.
        blocked_until: Timestamp,
        /// How many may share the start.
        capacity: i32,
        /// Who took it.
        held_by: String,
        /// What must be shown to release it.
        owner_key: String,
        /// When a hold ends by itself.
        expires_at: Option<Timestamp>,
        /// The provider's own reservation.
        reservation_id: Option<String>,
        /// The booking, once it is known.
        booking_id: Option<BookingId>,
        /// When it was taken.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

impl Claim {
    /// Whether it still counts.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now)
    }

    /// What the claims of one booking have in common.
    pub fn chain(&self) -> ClaimId {
        self.chain.unwrap_or(self.id)
    }
}

/// Give the time of a claim back, whoever took it: the claim that was there.
pub async fn free(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    now: Timestamp,
) -> Result<Option<Claim>, StoreError> {
    let freed: Option<Claim> = tx
        .query("DELETE FROM claims WHERE tenant_id = $1 AND id = $2 RETURNING *")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await?;
    affecting::announce(tx, scope, freed.as_slice(), now).await?;
    Ok(freed)
}

/// Give back everything that a booking takes.
pub async fn free_of_booking(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
    now: Timestamp,
) -> Result<Vec<Claim>, StoreError> {
    let freed: Vec<Claim> = tx
        .query("DELETE FROM claims WHERE tenant_id = $1 AND booking_id = $2 RETURNING *")
        .bind(scope.tenant_id())
        .bind(booking)
        .all()
        .await?;
    affecting::announce(tx, scope, &freed, now).await?;
    Ok(freed)
}

/// A booking has moved to the time of this claim: give back what it took before.
pub async fn free_former(
    tx: &mut Tx,
    scope: &Scope,
    current: ClaimId,
    now: Timestamp,
) -> Result<Vec<Claim>, StoreError> {
    let freed: Vec<Claim> = tx
        .query(
            "DELETE FROM claims WHERE tenant_id = $1 AND id <> $2 AND id IN (
             SELECT other.id FROM claims current
             JOIN claims other ON other.id = COALESCE(current.chain, current.id)
                 OR other.chain = COALESCE(current.chain, current.id)
             WHERE current.tenant_id = $1 AND current.id = $2)
         RETURNING *",
        )
        .bind(scope.tenant_id())
        .bind(current)
        .all()
        .await?;
    affecting::announce(tx, scope, &freed, now).await?;
    Ok(freed)
}

/// Say which booking a claim is for.
pub async fn set_booking(
    tx: &mut Tx,
    scope: &Scope,
    id: ClaimId,
    booking: BookingId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let bound: Option<Claim> = tx
        .query(
            "UPDATE claims SET booking_id = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2 RETURNING *",
        )
        .bind(scope.tenant_id())
        .bind(id)
        .bind(booking)
        .bind(now)
        .optional()
        .await?;
    affecting::announce(tx, scope, bound.as_slice(), now).await?;
    Ok(bound.is_some())
}

/// Forget claims of all tenants whose time is over; how many there were. Nobody asks who was free then.
pub async fn prune_past_in_all(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM claims WHERE id IN (
             SELECT id FROM claims WHERE blocked_until < $1 ORDER BY blocked_until LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}

/// The resources of claims, claim by claim.
async fn resources(
    tx: &mut Tx,
    scope: &Scope,
    claim: ClaimId,
) -> Result<Vec<Resource>, StoreError> {
    let rows: Vec<(String,)> = tx
        .query(
            "SELECT resource FROM claim_resources WHERE tenant_id = $1 AND claim_id = $2 ORDER BY resource",
        )
        .bind(scope.tenant_id())
        .bind(claim)
        .all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|(resource,)| Resource::from_stored(resource))
        .collect())
}
