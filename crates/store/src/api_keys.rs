//! Table `api_keys`. A key exists in clear only in the answer that made it.

use std::collections::BTreeSet;

use calbridge_core::{
    ids::{ApiKeyId, TenantId},
    scope::{Permission, Scope},
};
use jiff::Timestamp;

use crate::{
    registry,
    sql::{BoxError, Cell, FromValue, Kind, StoreError, ToValue, Tx, Value},
    types::row_type,
};

/// A set of permissions, stored as words separated by spaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permissions(pub BTreeSet<Permission>);

impl ToValue for Permissions {
    const KIND: Kind = Kind::Text;

    fn to_value(self) -> Value {
        let words: Vec<_> = self
            .0
            .iter()
            .map(|permission| permission.as_str())
            .collect();
        words.join(" ").to_value()
    }
}

impl FromValue for Permissions {
    fn from_value(cell: Cell<'_>) -> Result<Self, BoxError> {
        let words = String::from_value(cell)?;
        let permissions = words
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self(permissions))
    }
}

row_type! {
    /// An API key, without the key.
    ApiKey {
        /// Id.
        id: ApiKeyId,
        /// Tenant.
        tenant_id: TenantId,
        /// Name.
        name: String,
        /// The first characters of the key.
        hint: String,
        /// What it may do.
        permissions: Permissions,
        /// When it was made.
        created_at: Timestamp,
        /// When it stops working.
        expires_at: Option<Timestamp>,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
        /// When it was used last, to the minute.
        last_used_at: Option<Timestamp>,
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Name.
    pub name: String,
    /// The first characters of the key.
    pub hint: String,
    /// Fingerprint of the key.
    pub key_hash: String,
    /// What it may do.
    pub permissions: Permissions,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// Make a key.
pub async fn create(
    tx: &mut Tx,
    scope: &Scope,
    key: NewApiKey,
    now: Timestamp,
) -> Result<ApiKey, StoreError> {
    tx.query(
        "INSERT INTO api_keys (tenant_id, name, hint, key_hash, permissions, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(key.name)
    .bind(key.hint)
    .bind(key.key_hash)
    .bind(key.permissions)
    .bind(now)
    .bind(key.expires_at)
    .one()
    .await
}

/// The key with this hash, of whatever tenant: it is what tells the tenant.
pub async fn find_by_hash_in_all(
    tx: &mut Tx,
    key_hash: &str,
) -> Result<Option<ApiKey>, StoreError> {
    tx.query("SELECT * FROM api_keys WHERE key_hash = $1")
        .bind(key_hash)
        .optional()
        .await
}

/// The keys of a tenant.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<ApiKey>, StoreError> {
    tx.query("SELECT * FROM api_keys WHERE tenant_id = $1 ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// Revoke a key; `None` when the tenant has no such key. Nodes that remember it look again.
pub async fn revoke(
    tx: &mut Tx,
    scope: &Scope,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<Option<ApiKey>, StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3) WHERE tenant_id = $1 AND id = $2 RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(id)
    .bind(now)
    .optional()
    .await
}

/// Remember that a key was used.
pub async fn touch(tx: &mut Tx, id: ApiKeyId, now: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
