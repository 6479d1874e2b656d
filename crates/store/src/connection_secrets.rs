//! Table `connection_secrets`, one secret at a time: for a rotation that must go on counting with both secrets until
//! somebody outside has taken the new one.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    connections::{Connection, SecretKind, sealed_for},
    registry,
    secrets::KeyRing,
    sql::{StoreError, Tx},
};

/// Add a secret. Those that count go on to; the newest is the one that is shown to others. Gives its id.
pub async fn add(
    tx: &mut Tx,
    keys: &KeyRing,
    connection: &Connection,
    kind: SecretKind,
    secret: &SecretString,
    now: Timestamp,
) -> Result<i64, StoreError> {
    registry::raise_version(tx).await?;
    insert(tx, keys, connection, kind, secret, now).await
}

pub(crate) async fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    connection: &Connection,
    kind: SecretKind,
    secret: &SecretString,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let sealed = keys
        .seal(
            secret,
            &sealed_for(connection.tenant_id, &connection.id.to_string()),
        )
        .map_err(|error| StoreError::Bug(Box::new(error)))?;
    let (id,) = tx
        .query(
            "INSERT INTO connection_secrets (tenant_id, connection_id, kind, sealed, created_at)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(connection.tenant_id)
        .bind(connection.id)
        .bind(kind)
        .bind(sealed)
        .bind(now)
        .one()
        .await?;
    Ok(id)
}

/// Let the secrets of a kind that are older than one stop counting at an instant, those that do not stop sooner; how many.
pub async fn retire_older(
    tx: &mut Tx,
    connection: &Connection,
    kind: SecretKind,
    than: i64,
    at: Timestamp,
) -> Result<u64, StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "UPDATE connection_secrets SET retires_at = $5
         WHERE tenant_id = $1 AND connection_id = $2 AND kind = $3 AND id < $4
           AND (retires_at IS NULL OR retires_at > $5)",
    )
    .bind(connection.tenant_id)
    .bind(connection.id)
    .bind(kind)
    .bind(than)
    .bind(at)
    .execute()
    .await
}

/// Forget a secret that nobody was told of.
pub async fn delete(tx: &mut Tx, connection: &Connection, id: i64) -> Result<u64, StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "DELETE FROM connection_secrets WHERE tenant_id = $1 AND connection_id = $2 AND id = $3",
    )
    .bind(connection.tenant_id)
    .bind(connection.id)
    .bind(id)
    .execute()
    .await
}

#[cfg(test)]
mod tests {
    use calbridge_core::provider::Provider;

    use super::*;
    use crate::{
        Store, connections::list_secrets, each_engine, sql::BoxError,
        testing::connection_of_a_tenant,
    };

    fn second(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    each_engine! {
        async fn both_count_until_the_older_is_retired(store: Store) -> Result<(), BoxError> {
            let (_, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let kind = SecretKind::Webhook;
            let mut tx = store.write().await?;
            let old = add(&mut tx, store.keys(), &connection, kind, &"old".into(), second(1)).await?;
            let new = add(&mut tx, store.keys(), &connection, kind, &"new".into(), second(2)).await?;
            let one = std::slice::from_ref(&connection);
            let both = list_secrets(&mut tx, one, kind).await?;
            let ids: Vec<i64> = both.iter().map(|secret| secret.id).collect();
            assert_eq!(ids, [new, old]);
            assert!(both.iter().all(|secret| secret.is_valid(second(9))));

            assert_eq!(retire_older(&mut tx, &connection, kind, new, second(5)).await?, 1);
            let valid: Vec<bool> = list_secrets(&mut tx, one, kind).await?.iter()
                .map(|secret| secret.is_valid(second(5)))
                .collect();
            assert_eq!(valid, [true, false]);
            assert_eq!(delete(&mut tx, &connection, old).await?, 1);
            assert_eq!(list_secrets(&mut tx, one, kind).await?.len(), 1);
            Ok(())
        }
    }
}
