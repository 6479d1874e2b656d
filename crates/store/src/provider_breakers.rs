//! Table `provider_breakers`: whether each connection's provider answers, shared by all nodes.

use calbridge_core::{
    breaker::Breaker,
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;
use serde_json::Value as JsonValue;

use crate::{
    sql::{Json, StoreError, Tx},
    types::row_type,
};

row_type! {
    /// The breaker of one connection.
    ProviderBreaker {
        /// Connection.
        connection_id: ConnectionId,
        /// Tenant.
        tenant_id: TenantId,
        /// `closed`, `open` or `half_open`.
        word: String,
        /// What it is in, as it was stored: see [`ProviderBreaker::breaker`].
        state: JsonValue,
        /// Since when.
        changed_at: Timestamp,
        /// When it was written last.
        updated_at: Timestamp,
    }
}

impl ProviderBreaker {
    /// The breaker. One that cannot be read, of a newer release, counts as closed.
    pub fn breaker(&self) -> Breaker {
        readable(self.state.clone())
    }
}

fn readable(state: JsonValue) -> Breaker {
    serde_json::from_value(state).unwrap_or_else(|_| {
        tracing::warn!("The breaker of a connection cannot be read and begins anew");
        Breaker::default()
    })
}

/// The breaker of a connection, until the end of the transaction nobody else's. One that is not there is made.
pub async fn load_for_update(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    now: Timestamp,
) -> Result<Breaker, StoreError> {
    if let Some(breaker) = find_for_update(tx, scope, connection_id).await? {
        return Ok(breaker);
    }
    // There must be a row to lock, whoever makes it.
    let new = Breaker::default();
    put(tx, scope, connection_id, &new, now, "NOTHING").await?;
    let breaker = find_for_update(tx, scope, connection_id).await?;
    Ok(breaker.unwrap_or(new))
}

async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
) -> Result<Option<Breaker>, StoreError> {
    let for_update = tx.for_update();
    let found: Option<(JsonValue,)> = tx
        .query(format!(
            "SELECT state FROM provider_breakers WHERE tenant_id = $1 AND connection_id = $2 {for_update}"
        ))
        .bind(scope.tenant_id())
        .bind(connection_id)
        .optional()
        .await?;
    Ok(found.map(|(state,)| readable(state)))
}

/// Write the breaker of a connection.
pub async fn save(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    breaker: &Breaker,
    now: Timestamp,
) -> Result<(), StoreError> {
    let update =
        "UPDATE SET word = excluded.word, state = excluded.state, changed_at = excluded.changed_at,
             updated_at = excluded.updated_at
         WHERE provider_breakers.tenant_id = excluded.tenant_id";
    put(tx, scope, connection_id, breaker, now, update).await
}

async fn put(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    breaker: &Breaker,
    now: Timestamp,
    if_there: &'static str,
) -> Result<(), StoreError> {
    tx.query(format!(
        "INSERT INTO provider_breakers (connection_id, tenant_id, word, state, changed_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection_id) DO {if_there}"
    ))
    .bind(connection_id)
    .bind(scope.tenant_id())
    .bind(breaker.state().as_str())
    .bind(Json(breaker))
    .bind(breaker.since().unwrap_or(now))
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// The breakers of a tenant. A connection that was never asked has none.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<ProviderBreaker>, StoreError> {
    tx.query("SELECT * FROM provider_breakers WHERE tenant_id = $1 ORDER BY connection_id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// The breakers of all tenants.
pub async fn list_of_all_tenants(tx: &mut Tx) -> Result<Vec<ProviderBreaker>, StoreError> {
    tx.query("SELECT * FROM provider_breakers ORDER BY connection_id")
        .all()
        .await
}

#[cfg(test)]
mod tests {
    use calbridge_core::breaker::{Admission, BreakerRule};
    use calbridge_core::provider::Provider;

    use super::*;
    use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

    fn second(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    each_engine! {
        async fn nodes_share_a_breaker(store: Store) -> Result<(), BoxError> {
            let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let (stranger, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let rule = BreakerRule::default();
            for failure in 0..5 {
                let mut tx = store.write().await?;
                let mut breaker = load_for_update(&mut tx, &scope, connection.id, second(failure)).await?;
                let admission = breaker.admit(rule, second(failure));
                assert_eq!(admission, Admission::Pass);
                breaker.failed(rule, admission, second(failure));
                save(&mut tx, &scope, connection.id, &breaker, second(failure)).await?;
                tx.commit().await?;
            }
            let mut tx = store.write().await?;
            save(&mut tx, &stranger, connection.id, &Breaker::default(), second(9)).await?;
            let found = list(&mut tx, &scope).await?;
            assert_eq!(found, list_of_all_tenants(&mut tx).await?);
            let [row] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!((row.word.as_str(), row.changed_at, row.updated_at), ("open", second(4), second(4)));
            assert_eq!(row.breaker().admit(rule, second(5)), Admission::Refused { until: second(64) });
            assert!(list(&mut tx, &stranger).await?.is_empty());
            Ok(())
        }

        async fn a_breaker_that_cannot_be_read_is_closed(store: Store) -> Result<(), BoxError> {
            let (scope, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let mut tx = store.write().await?;
            save(&mut tx, &scope, connection.id, &Breaker::default(), second(0)).await?;
            tx.query("UPDATE provider_breakers SET state = $1").bind(Json("ajar")).execute().await?;
            let breaker = load_for_update(&mut tx, &scope, connection.id, second(1)).await?;
            assert_eq!(breaker, Breaker::default());
            Ok(())
        }
    }
}
