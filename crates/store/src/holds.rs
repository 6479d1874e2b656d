//! Table `holds`: slots that are kept for somebody, as callers see them, also when they are over. The time itself is guarded
//! by the hold's claim; whoever changes both holds this row first.

#[cfg(test)]
mod tests;

use calbridge_core::{
    ids::{BookingId, ClaimId, ConnectionId, HoldId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    claims::Claim,
    sql::{StoreError, Tx},
    types::{row_type, stored_word},
};

/// How a hold stands, the clock aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldState {
    /// It keeps its slot until it expires.
    Held,
    /// It was used to book.
    Used,
    /// It was given back.
    Released,
    /// It gave way to a booking made elsewhere.
    Displaced,
}

impl HoldState {
    const ALL: [Self; 4] = [Self::Held, Self::Used, Self::Released, Self::Displaced];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Used => "used",
            Self::Released => "released",
            Self::Displaced => "displaced",
        }
    }
}

/// How the provider's own reservation of the slot stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reservation {
    /// There is none: the provider has no such thing, or was not reached.
    None,
    /// The provider keeps the slot too.
    Kept,
    /// The provider would not.
    Refused,
    /// The provider keeps it no longer, sooner than it said.
    Lost,
    /// It was, or is being, given back.
    Released,
}

impl Reservation {
    const ALL: [Self; 5] = [
        Self::None,
        Self::Kept,
        Self::Refused,
        Self::Lost,
        Self::Released,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Kept => "kept",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Released => "released",
        }
    }
}

stored_word!(
    HoldState: |word| HoldState::ALL.into_iter().find(|state| state.as_str() == word),
    Reservation: |word| Reservation::ALL.into_iter().find(|one| one.as_str() == word),
);

row_type! {
    /// A slot that is kept for somebody, or was.
    Hold {
        /// Id.
        id: HoldId,
        /// Id for callers; whoever made the hold shows it to use or release it.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// What guards the time.
        claim_id: ClaimId,
        /// The provider's id of the event type.
        event_type_id: String,
        /// Start of the meeting.
        starts_at: Timestamp,
        /// End of the meeting.
        ends_at: Timestamp,
        /// Who made it.
        held_by: String,
        /// What must be shown to use or release it.
        owner_key: String,
        /// When it ends by itself.
        expires_at: Timestamp,
        /// How it stands, the clock aside.
        state: HoldState,
        /// When it ended otherwise than by the clock.
        ended_at: Option<Timestamp>,
        /// The booking to which it gave way.
        displaced_by: Option<BookingId>,
        /// How the provider's reservation stands.
        reservation: Reservation,
        /// When it was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

impl Hold {
    /// Whether it keeps its slot at an instant.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == HoldState::Held && self.expires_at > now
    }
}

/// Record the hold that a claim is.
pub async fn record(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
    claim: &Claim,
    now: Timestamp,
) -> Result<Hold, StoreError> {
    let expires_at = claim
        .expires_at
        .ok_or_else(|| StoreError::bug("a hold is made of a claim that expires"))?;
    tx.query(
        "INSERT INTO holds (public_id, tenant_id, connection_id, claim_id, event_type_id, starts_at, ends_at, held_by,
             owner_key, expires_at, state, reservation, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
         RETURNING *",
    )
    .bind(public_id)
    .bind(scope.tenant_id())
    .bind(claim.connection_id)
    .bind(claim.id)
    .bind(claim.event_type_id.as_deref().unwrap_or_default())
    .bind(claim.starts_at)
    .bind(claim.ends_at)
    .bind(claim.held_by.as_str())
    .bind(claim.owner_key.as_str())
    .bind(expires_at)
    .bind(HoldState::Held)
    .bind(Reservation::None)
    .bind(now)
    .one()
    .await
}

/// A hold of the tenant, however it stands.
pub async fn find(tx: &mut Tx, scope: &Scope, public_id: Uuid) -> Result<Option<Hold>, StoreError> {
    tx.query("SELECT * FROM holds WHERE tenant_id = $1 AND public_id = $2")
        .bind(scope.tenant_id())
        .bind(public_id)
        .optional()
        .await
}

/// The same, and nobody else changes it until the end of the transaction.
pub async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
) -> Result<Option<Hold>, StoreError> {
    let for_update = tx.for_update();
    tx.query(format!(
        "SELECT * FROM holds WHERE tenant_id = $1 AND public_id = $2 {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind(public_id)
    .optional()
    .await
}

/// Note that a hold was used or given back: the hold as it is now, or `None` when it was over already.
pub async fn end(
    tx: &mut Tx,
    scope: &Scope,
    id: HoldId,
    state: HoldState,
    now: Timestamp,
) -> Result<Option<Hold>, StoreError> {
    tx.query(
        "UPDATE holds SET state = $3, ended_at = $4, updated_at = $4,
             reservation = CASE WHEN reservation = 'kept' THEN 'released' ELSE reservation END
         WHERE tenant_id = $1 AND id = $2 AND state = 'held' RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(state)
    .bind(now)
    .optional()
    .await
}

/// Note that the hold of a claim gives way to a booking made elsewhere.
pub(crate) async fn displace(
    tx: &mut Tx,
    scope: &Scope,
    claim: ClaimId,
    by: BookingId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE holds SET state = 'displaced', ended_at = $4, updated_at = $4, displaced_by = $3,
             reservation = CASE WHEN reservation = 'kept' THEN 'released' ELSE reservation END
         WHERE tenant_id = $1 AND claim_id = $2 AND state = 'held' AND expires_at > $4",
    )
    .bind(scope.tenant_id())
    .bind(claim)
    .bind(by)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Note how the provider's reservation stands, as long as the hold lasts; whether it does.
pub async fn set_reservation(
    tx: &mut Tx,
    scope: &Scope,
    id: HoldId,
    reservation: Reservation,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "UPDATE holds SET reservation = $3, updated_at = $4
             WHERE tenant_id = $1 AND id = $2 AND state = 'held' AND expires_at > $4",
        )
        .bind(scope.tenant_id())
        .bind(id)
        .bind(reservation)
        .bind(now)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Holds of all tenants whose slot the provider keeps too, and the names of the reservations; those that end last first.
pub async fn list_reserved_in_all(
    tx: &mut Tx,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Hold, String)>, StoreError> {
    let rows: Vec<Reserved> = tx
        .query(
            "SELECT h.*, c.reservation_id FROM holds h JOIN claims c ON c.id = h.claim_id
             WHERE h.state = 'held' AND h.reservation = 'kept' AND h.expires_at > $1 AND c.reservation_id IS NOT NULL
             ORDER BY h.expires_at DESC, h.id LIMIT $2",
        )
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.hold, row.name)).collect())
}

struct Reserved {
    hold: Hold,
    name: String,
}

impl crate::sql::FromRow for Reserved {
    fn from_row(row: &crate::sql::Row) -> Result<Self, StoreError> {
        Ok(Self {
            hold: Hold::from_row(row)?,
            name: row.get("reservation_id")?,
        })
    }
}

/// Forget holds of all tenants that ended before an instant; how many there were.
pub async fn prune_past_in_all(
    tx: &mut Tx,
    before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM holds WHERE id IN (
             SELECT id FROM holds WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
