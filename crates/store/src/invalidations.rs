//! Table `invalidations`: what was answered before and is no longer true. Every node reads it and forgets.
//!
//! Whatever changes what can be booked says with [`Affected`] what it invalidates, or why nothing. The rows are written
//! with the commit, few for each transaction; this process knows then at once, the others by a bell or by looking.

mod affected;
mod reader;
#[cfg(test)]
mod tests;

pub use self::{affected::Affected, reader::Reader};

use calbridge_core::ids::{ConnectionId, TenantId};
use jiff::Timestamp;

use crate::{
    sql::{StoreError, Tx, Value},
    types::{row_type, stored_word},
};

/// What may be remembered of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InvalidationKind {
    /// When somebody can be met.
    Slots,
    /// What can be booked.
    EventTypes,
    /// Whose account it is.
    Account,
}

impl InvalidationKind {
    const ALL: [Self; 3] = [Self::Slots, Self::EventTypes, Self::Account];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slots => "slots",
            Self::EventTypes => "event_types",
            Self::Account => "account",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

stored_word!(InvalidationKind: InvalidationKind::from_word);

row_type! {
    /// Something that is no longer true.
    Invalidation {
        /// Id. They become visible out of order: see [`Reader`].
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// What is to be forgotten.
        kind: InvalidationKind,
        /// From when; `None`: at whatever time.
        starts_at: Option<Timestamp>,
        /// Before when.
        ends_at: Option<Timestamp>,
        /// When it was said.
        made_at: Timestamp,
    }
}

impl Invalidation {
    /// Whether it says something about the time from one instant until before another.
    pub fn is_about(&self, from: Timestamp, to: Timestamp) -> bool {
        self.starts_at.is_none_or(|start| start < to) && self.ends_at.is_none_or(|end| from < end)
    }
}

/// Say that something is no longer true when this is committed.
pub fn announce(tx: &mut Tx, affected: Affected, now: Timestamp) {
    tx.invalidate(affected, now);
}

/// Write what was announced, once for the transaction.
pub(crate) async fn write(
    tx: &mut Tx,
    affected: Affected,
    made_at: Timestamp,
) -> Result<Vec<Invalidation>, StoreError> {
    let rows = affected.into_rows().map(|row| {
        vec![
            row.tenant_id.into(),
            row.connection_id.into(),
            row.kind.into(),
            row.range.as_ref().map(|range| range.start).into(),
            row.range.as_ref().map(|range| range.end).into(),
            Value::from(made_at),
        ]
    });
    let rows = rows.collect();
    tx.insert_rows_returning(
        "INSERT INTO invalidations (tenant_id, connection_id, kind, starts_at, ends_at, made_at) VALUES",
        rows,
        "RETURNING *",
    )
    .await
}

/// Drop what was said before an instant, of all tenants; how much there was.
pub async fn prune_in_all(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM invalidations WHERE id IN (
             SELECT id FROM invalidations WHERE made_at < $1 ORDER BY made_at LIMIT $2)",
    )
    .bind(before)
    .bind(limit)
    .execute()
    .await
}
