//! View `ledger` and its table `agreement_days`: how each connection's bookings came to us, day by day.

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// A day of a connection.
    LedgerDay {
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// The day, in UTC.
        day: String,
        /// Webhook events that were applied.
        received: i64,
        /// Bookings that only a comparison with the provider found.
        found: i64,
        /// Bookings that stood otherwise at the provider and stand so here now.
        repaired: i64,
        /// Bookings about which both disagreed.
        conflicting: i64,
    }
}

/// What a comparison adds to its day.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Entry {
    /// See [`LedgerDay::found`].
    pub found: i64,
    /// See [`LedgerDay::repaired`].
    pub repaired: i64,
    /// See [`LedgerDay::conflicting`].
    pub conflicting: i64,
}

/// Add to today.
pub async fn add(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    entry: Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    if entry == Entry::default() {
        return Ok(());
    }
    tx.query(
        "INSERT INTO agreement_days (tenant_id, connection_id, day, found, repaired, conflicting, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (connection_id, day) DO UPDATE SET found = agreement_days.found + excluded.found,
             repaired = agreement_days.repaired + excluded.repaired,
             conflicting = agreement_days.conflicting + excluded.conflicting, updated_at = excluded.updated_at",
    )
    .bind(scope.tenant_id())
    .bind(connection_id)
    .bind(now.to_zoned(TimeZone::UTC).date().to_string())
    .bind(entry.found)
    .bind(entry.repaired)
    .bind(entry.conflicting)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// The newest days of a connection, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    limit: i64,
) -> Result<Vec<LedgerDay>, StoreError> {
    tx.query("SELECT * FROM ledger WHERE tenant_id = $1 AND connection_id = $2 ORDER BY day DESC LIMIT $3")
        .bind(scope.tenant_id())
        .bind(connection_id)
        .bind(limit)
        .all()
        .await
}
