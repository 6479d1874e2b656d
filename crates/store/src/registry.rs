//! Table `registry_version`: whether what nodes hold in memory of connections and tenants is still what is stored.

use crate::sql::{Bell, StoreError, Tx};

/// Raise the version, in the transaction of the change.
pub(crate) async fn raise_version(tx: &mut Tx) -> Result<(), StoreError> {
    tx.query("UPDATE registry_version SET version = version + 1")
        .execute()
        .await?;
    tx.announce(Bell::Registry);
    Ok(())
}

/// The version of what is stored.
pub async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    let (version,) = tx
        .query("SELECT version FROM registry_version")
        .one()
        .await?;
    Ok(version)
}
