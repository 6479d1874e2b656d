//! What the tables say about trouble, of all tenants: counts that somebody should look at.

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    provider::Provider,
};
use jiff::Timestamp;

use crate::{
    jobs::MOST_COUNTED,
    sql::{StoreError, Tx},
    types::row_type,
};

/// Of the newest events this many are looked at: what came just now, without reading the table.
const NEWEST: i64 = 10_000;

row_type! {
    /// Events of a tenant that came lately.
    RecentEvents {
        /// Tenant.
        tenant_id: TenantId,
        /// How many came.
        received: i64,
        /// How many of them could not be applied.
        failed: i64,
    }
}

row_type! {
    /// Deliveries that nothing verified and that came lately.
    RecentRefusals {
        /// Tenant, when the URL named a connection.
        tenant_id: Option<TenantId>,
        /// Connection, when the URL named one.
        connection_id: Option<ConnectionId>,
        /// The provider that the URL is for.
        provider: Provider,
        /// How many.
        count: i64,
    }
}

/// Events among the newest that came since an instant, by tenant.
pub async fn recent_events_in_all(
    tx: &mut Tx,
    since: Timestamp,
) -> Result<Vec<RecentEvents>, StoreError> {
    tx.query(
        "SELECT tenant_id, COUNT(*) AS received, COUNT(CASE WHEN status = 'failed' THEN 1 END) AS failed
         FROM (SELECT tenant_id, status, created_at FROM webhook_events ORDER BY id DESC LIMIT $1) AS newest
         WHERE created_at >= $2 GROUP BY tenant_id ORDER BY tenant_id",
    )
    .bind(NEWEST)
    .bind(since)
    .all()
    .await
}

/// Events that are not tried again by themselves, by tenant.
pub async fn parked_events_in_all(tx: &mut Tx) -> Result<Vec<(TenantId, i64)>, StoreError> {
    tx.query(
        "SELECT tenant_id, COUNT(*) FROM
             (SELECT tenant_id FROM webhook_events WHERE status = 'failed' AND next_attempt_at IS NULL LIMIT $1) AS parked
         GROUP BY tenant_id ORDER BY tenant_id",
    )
    .bind(MOST_COUNTED)
    .all()
    .await
}

/// Jobs that failed for good, by tenant.
pub async fn failed_jobs_in_all(tx: &mut Tx) -> Result<Vec<(TenantId, i64)>, StoreError> {
    tx.query(
        "SELECT tenant_id, COUNT(*) FROM (SELECT tenant_id FROM jobs WHERE state = 'failed' LIMIT $1) AS failed
         GROUP BY tenant_id ORDER BY tenant_id",
    )
    .bind(MOST_COUNTED)
    .all()
    .await
}

/// Refused deliveries since an instant, as far as they are kept.
pub async fn recent_refusals_in_all(
    tx: &mut Tx,
    since: Timestamp,
) -> Result<Vec<RecentRefusals>, StoreError> {
    tx.query(
        "SELECT tenant_id, connection_id, provider, COUNT(*) AS count FROM quarantined_deliveries
         WHERE created_at >= $1 GROUP BY tenant_id, connection_id, provider ORDER BY tenant_id, connection_id, provider",
    )
    .bind(since)
    .all()
    .await
}
