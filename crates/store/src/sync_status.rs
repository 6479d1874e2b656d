//! How far we are behind Cal.com: what was read last, what is stored, and what waits.

use calbridge_core::scope::Scope;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    conditions::Conditions,
    jobs::MOST_COUNTED,
    sql::{StoreError, Tx},
    types::row_type,
};

row_type! {
    /// How far we are behind.
    SyncStatus {
        /// When event types were read without an error.
        last_sync: Option<Timestamp>,
        /// Event types that can be booked.
        event_types: i64,
        /// Webhook events that are still to be applied.
        pending: i64,
        /// When bookings were compared without an error.
        last_comparison: Option<Timestamp>,
        /// Webhook events that were applied today, up to [`MOST_COUNTED`].
        received: i64,
        /// Bookings that only a comparison found today.
        found: i64,
        /// Bookings that were made to agree today.
        repaired: i64,
        /// Bookings about which both sides began to differ today.
        conflicting: i64,
        /// Differences that wait for a person.
        open_findings: i64,
    }
}

/// How far a tenant is behind.
pub async fn look(tx: &mut Tx, scope: &Scope, now: Timestamp) -> Result<SyncStatus, StoreError> {
    of(tx, Some(scope), now).await
}

/// How far all tenants are behind together.
pub async fn look_in_all(tx: &mut Tx, now: Timestamp) -> Result<SyncStatus, StoreError> {
    of(tx, None, now).await
}

async fn of(tx: &mut Tx, scope: Option<&Scope>, now: Timestamp) -> Result<SyncStatus, StoreError> {
    let today = now.to_zoned(TimeZone::UTC);
    let midnight = today.start_of_day().map_or(now, |at| at.timestamp());
    let mut conditions = Conditions::from(4);
    conditions.add("tenant_id =", scope.map(Scope::tenant_id), "");
    let (of_tenant, values) = conditions.finish();
    tx.query(format!(
        "SELECT
             (SELECT MAX(finished_at) FROM sync_runs WHERE state = 'done'{of_tenant}) AS last_sync,
             (SELECT COUNT(*) FROM event_types WHERE active AND is_offered{of_tenant}) AS event_types,
             (SELECT COUNT(*) FROM (
                 SELECT id FROM webhook_events
                 WHERE (status = 'received' OR (status = 'failed' AND next_attempt_at IS NOT NULL))
                     AND provider = 'cal.com'{of_tenant} LIMIT $1
             ) AS waiting) AS pending,
             (SELECT MAX(finished_at) FROM sync_runs WHERE state = 'done' AND kind = 'bookings'{of_tenant}) AS last_comparison,
             (SELECT COUNT(*) FROM (
                 SELECT id FROM webhook_events
                 WHERE provider = 'cal.com' AND created_at >= $2 AND status = 'processed'{of_tenant} LIMIT $1
             ) AS applied) AS received,
             (SELECT COALESCE(CAST(SUM(found) AS BIGINT), 0) FROM agreement_days WHERE day = $3{of_tenant}) AS found,
             (SELECT COALESCE(CAST(SUM(repaired) AS BIGINT), 0) FROM agreement_days WHERE day = $3{of_tenant}) AS repaired,
             (SELECT COALESCE(CAST(SUM(conflicting) AS BIGINT), 0) FROM agreement_days WHERE day = $3{of_tenant}) AS conflicting,
             (SELECT COUNT(*) FROM findings WHERE state = 'open'{of_tenant}) AS open_findings"
    ))
    .bind(MOST_COUNTED)
    .bind(midnight)
    .bind(today.date().to_string())
    .bind_all(values)
    .one()
    .await
}

/// What went wrong in the last run of each of a tenant's connections.
pub async fn errors(tx: &mut Tx, scope: &Scope) -> Result<Vec<String>, StoreError> {
    errors_of(tx, Some(scope)).await
}

/// The same of all tenants.
pub async fn errors_in_all(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    errors_of(tx, None).await
}

async fn errors_of(tx: &mut Tx, scope: Option<&Scope>) -> Result<Vec<String>, StoreError> {
    let mut conditions = Conditions::from(1);
    conditions.add("tenant_id =", scope.map(Scope::tenant_id), "");
    let (of_tenant, values) = conditions.finish();
    let rows: Vec<(String, i64)> = tx
        .query(format!(
            "SELECT error, id FROM sync_runs WHERE state = 'failed' AND error IS NOT NULL AND id IN (
                 SELECT MAX(id) FROM sync_runs WHERE state IN ('done', 'failed'){of_tenant}
                 GROUP BY connection_id, kind)
             ORDER BY id DESC LIMIT 20"
        ))
        .bind_all(values)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(error, _)| error).collect())
}
