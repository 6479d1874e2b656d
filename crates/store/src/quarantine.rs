//! Table `quarantined_deliveries`: what no secret verified. Bounded; the oldest go first.

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    page::{Page, PageRequest},
    sql::{Json, StoreError, Tx},
    types::row_type,
};

row_type! {
    /// A delivery that no secret verified.
    QuarantinedDelivery {
        /// Id.
        id: i64,
        /// Tenant, when the URL named a connection.
        tenant_id: Option<TenantId>,
        /// Connection, when the URL named one.
        connection_id: Option<ConnectionId>,
        /// The provider the URL is for.
        provider: Provider,
        /// Through which URL it came.
        door: String,
        /// Why it is here.
        reason: String,
        /// The headers, as received.
        headers: Json<Vec<(String, String)>>,
        /// The body, as received. Not to be trusted for anything.
        body: Vec<u8>,
        /// When.
        created_at: Timestamp,
    }
}

/// A delivery to be kept.
#[derive(Clone, Debug)]
pub struct NewQuarantinedDelivery {
    /// Tenant, when the URL named a connection.
    pub tenant_id: Option<TenantId>,
    /// Connection, when the URL named one.
    pub connection_id: Option<ConnectionId>,
    /// The provider the URL is for.
    pub provider: Provider,
    /// Through which URL it came.
    pub door: &'static str,
    /// Why.
    pub reason: String,
    /// The headers, as received.
    pub headers: Vec<(String, String)>,
    /// The body, as received.
    pub body: Vec<u8>,
}

/// Keep a delivery, and of the older ones those whose rows and bytes, counted from the newest, fit. Those at
/// connections' own URLs, which only who knows them can fill, and those at shared ones have half the room each.
pub async fn keep(
    tx: &mut Tx,
    delivery: NewQuarantinedDelivery,
    most_rows: i64,
    most_bytes: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO quarantined_deliveries (tenant_id, connection_id, provider, door, reason, headers, body, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(delivery.tenant_id)
    .bind(delivery.connection_id)
    .bind(delivery.provider)
    .bind(delivery.door)
    .bind(delivery.reason)
    .bind(Json(delivery.headers))
    .bind(delivery.body)
    .bind(now)
    .execute()
    .await?;
    tx.query(
        "DELETE FROM quarantined_deliveries WHERE id IN (
             SELECT id FROM (
                 SELECT id, ROW_NUMBER() OVER pool AS place,
                     CAST(SUM(LENGTH(body) + LENGTH(CAST(headers AS TEXT))) OVER pool AS BIGINT) AS bytes
                 FROM quarantined_deliveries
                 WINDOW pool AS (PARTITION BY (connection_id IS NULL) ORDER BY id DESC)
             ) AS counted WHERE place > $1 OR (bytes > $2 AND place > 1)
         )",
    )
    .bind((most_rows / 2).max(1))
    .bind(most_bytes / 2)
    .execute()
    .await?;
    Ok(())
}

/// The deliveries kept for a tenant's own URLs, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    page: PageRequest,
) -> Result<Page<QuarantinedDelivery>, StoreError> {
    let rows = tx
        .query("SELECT * FROM quarantined_deliveries WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .all()
        .await?;
    Ok(page.page(rows, |delivery: &QuarantinedDelivery| delivery.id))
}

/// Every delivery that is kept, newest first: for the owner of the installation, since most belong to no tenant.
pub async fn list_of_all_tenants(
    tx: &mut Tx,
    page: PageRequest,
) -> Result<Page<QuarantinedDelivery>, StoreError> {
    let rows = tx
        .query("SELECT * FROM quarantined_deliveries WHERE id < $1 ORDER BY id DESC LIMIT $2")
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .all()
        .await?;
    Ok(page.page(rows, |delivery: &QuarantinedDelivery| delivery.id))
}

/// The deliveries that a new secret of this connection may verify: those of shared URLs and of its own, oldest first.
pub async fn list_for_connection(
    tx: &mut Tx,
    provider: Provider,
    connection_id: ConnectionId,
) -> Result<Vec<QuarantinedDelivery>, StoreError> {
    tx.query(
        "SELECT * FROM quarantined_deliveries
         WHERE provider = $1 AND (connection_id IS NULL OR connection_id = $2) ORDER BY id",
    )
    .bind(provider)
    .bind(connection_id)
    .all()
    .await
}

/// Take a delivery out; whether it was still there.
pub async fn take_out(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    let gone = tx
        .query("DELETE FROM quarantined_deliveries WHERE id = $1")
        .bind(id)
        .execute()
        .await?;
    Ok(gone > 0)
}

/// How many deliveries are kept, of all tenants. Their number is bounded.
pub async fn count_of_all_tenants(tx: &mut Tx) -> Result<i64, StoreError> {
    let (count,) = tx
        .query("SELECT COUNT(*) FROM quarantined_deliveries")
        .one()
        .await?;
    Ok(count)
}
