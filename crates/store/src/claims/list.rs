//! Looking at claims.

use calbridge_core::{
    claim::{Resource, Slot},
    ids::{BookingId, ClaimId, ConnectionId},
    scope::Scope,
};
use jiff::Timestamp;

use super::Claim;
use crate::{
    conditions::Conditions,
    sql::{FromRow, Row, StoreError, Tx, Value, in_list},
};

/// A claim of the tenant, also one that has expired.
pub async fn find(tx: &mut Tx, scope: &Scope, id: ClaimId) -> Result<Option<Claim>, StoreError> {
    tx.query("SELECT * FROM claims WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await
}

/// What a booking takes, oldest first. More than one only while it moves.
pub async fn list_of_booking(
    tx: &mut Tx,
    scope: &Scope,
    booking: BookingId,
) -> Result<Vec<Claim>, StoreError> {
    tx.query("SELECT * FROM claims WHERE tenant_id = $1 AND booking_id = $2 ORDER BY id")
        .bind(scope.tenant_id())
        .bind(booking)
        .all()
        .await
}

/// Some time, and of whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// From this instant.
    pub from: Timestamp,
    /// Before this one.
    pub until: Timestamp,
    /// Of one connection.
    pub connection_id: Option<ConnectionId>,
    /// Of these; empty means everybody.
    pub resources: Vec<Resource>,
}

/// Time that is taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Blocked {
    /// Whose.
    pub resource: Resource,
    /// Equal for those who share a start: how many there are is how many seats are taken.
    pub share: String,
    /// By what.
    pub claim: Claim,
}

impl FromRow for Blocked {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            resource: Resource::from_stored(row.get("resource")?),
            share: row.get("share")?,
            claim: Claim::from_row(row)?,
        })
    }
}

/// What counts at this moment and reaches into a window, by start.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    window: &Window,
    now: Timestamp,
) -> Result<Vec<Blocked>, StoreError> {
    let mut more = Conditions::from(5);
    more.add("c.connection_id =", window.connection_id, "");
    let (mut more, mut values) = more.finish();
    if !window.resources.is_empty() {
        let (list, words) = in_list(
            5 + values.len(),
            window.resources.iter().map(Resource::as_str),
        );
        more = format!("{more} AND r.resource IN {list}");
        values.extend(words);
    }
    tx.query(format!(
        "SELECT c.*, r.resource, r.share FROM claims c JOIN claim_resources r ON r.claim_id = c.id
         WHERE c.tenant_id = $1 AND r.tenant_id = $1 AND c.blocked_until > $2 AND c.blocked_from < $3
             AND (c.expires_at IS NULL OR c.expires_at > $4){more}
         ORDER BY c.blocked_from, c.id, r.resource"
    ))
    .bind(scope.tenant_id())
    .bind(window.from)
    .bind(window.until)
    .bind(now)
    .bind_all::<Value>(values)
    .all()
    .await
}

/// A claim on the same resource that overlaps, live or not.
pub(super) struct Overlap {
    pub claim: Claim,
    pub resource: String,
    pub share: String,
    pub seat: i32,
}

impl FromRow for Overlap {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            claim: Claim::from_row(row)?,
            resource: row.get("resource")?,
            share: row.get("share")?,
            seat: row.get("seat")?,
        })
    }
}

impl Overlap {
    /// Everything over the blocked time of a slot; what only touches it is not over it. Seats of the same start are always
    /// among them: their meetings begin together.
    pub(super) async fn list(
        tx: &mut Tx,
        scope: &Scope,
        resources: &[Resource],
        slot: Slot,
    ) -> Result<Vec<Self>, StoreError> {
        let (list, words) = in_list(4, resources.iter().map(Resource::as_str));
        tx.query(format!(
            "SELECT c.*, r.resource, r.share, r.seat FROM claim_resources r JOIN claims c ON c.id = r.claim_id
             WHERE r.tenant_id = $1 AND r.blocked_until > $2 AND r.blocked_from < $3 AND r.resource IN {list}
             ORDER BY r.blocked_from, c.id"
        ))
        .bind(scope.tenant_id())
        .bind(slot.blocked_from())
        .bind(slot.blocked_until())
        .bind_all::<Value>(words)
        .all()
        .await
    }
}
