//! Table `connection_secrets`: what signs deliveries and what opens the provider's API, sealed.

use calbridge_core::ids::{ConnectionId, TenantId};
use jiff::Timestamp;
use secrecy::SecretString;

use super::Connection;
use crate::{
    connection_secrets, registry,
    secrets::{KeyRing, Sealed, SealedFor},
    sql::{StoreError, Tx, Value, in_list},
    types::{row_type, stored_word},
};

/// What a secret of a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretKind {
    /// Signs deliveries.
    Webhook,
    /// Opens the provider's API.
    ApiKey,
}

impl SecretKind {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook_secret",
            Self::ApiKey => "api_key",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Webhook, Self::ApiKey]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

stored_word!(SecretKind: SecretKind::from_word);

row_type! {
    /// A secret of a connection, sealed.
    ConnectionSecret {
        /// Id.
        id: i64,
        /// Tenant.
        tenant_id: TenantId,
        /// Connection.
        connection_id: ConnectionId,
        /// What it is for.
        kind: SecretKind,
        /// The secret.
        sealed: Sealed,
        /// When it was set.
        created_at: Timestamp,
        /// When it stops counting, after a rotation.
        retires_at: Option<Timestamp>,
    }
}

impl ConnectionSecret {
    /// Still counts.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.retires_at.is_none_or(|retires_at| now < retires_at)
    }

    /// Open it.
    pub fn open(&self, keys: &KeyRing) -> Result<SecretString, StoreError> {
        let connection = self.connection_id.to_string();
        keys.open(&self.sealed, &sealed_for(self.tenant_id, &connection))
            .map_err(|error| StoreError::Bug(Box::new(error)))
    }
}

pub(crate) fn sealed_for(tenant_id: TenantId, connection: &str) -> SealedFor<'_> {
    SealedFor {
        tenant_id: tenant_id.0,
        table: "connection_secrets",
        row: connection,
    }
}

/// Set a secret; those of its kind that count now go on to count until `old_retire_at`.
pub async fn set_secret(
    tx: &mut Tx,
    keys: &KeyRing,
    connection: &Connection,
    kind: SecretKind,
    secret: &SecretString,
    old_retire_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "UPDATE connection_secrets SET retires_at = $4
         WHERE tenant_id = $1 AND connection_id = $2 AND kind = $3 AND (retires_at IS NULL OR retires_at > $4)",
    )
    .bind(connection.tenant_id)
    .bind(connection.id)
    .bind(kind)
    .bind(old_retire_at)
    .execute()
    .await?;
    connection_secrets::insert(tx, keys, connection, kind, secret, now).await?;
    Ok(())
}

/// The secrets of one kind of the connections of every tenant, newest first.
pub async fn list_secrets_of_all_tenants(
    tx: &mut Tx,
    kind: SecretKind,
) -> Result<Vec<ConnectionSecret>, StoreError> {
    tx.query("SELECT * FROM connection_secrets WHERE kind = $1 ORDER BY id DESC")
        .bind(kind)
        .all()
        .await
}

/// The secrets of one kind of some connections, newest first.
pub async fn list_secrets(
    tx: &mut Tx,
    connections: &[Connection],
    kind: SecretKind,
) -> Result<Vec<ConnectionSecret>, StoreError> {
    let mut secrets = Vec::new();
    for part in connections.chunks(1024) {
        let (ids, values) = in_list(2, part.iter().map(|connection| connection.id));
        let found: Vec<ConnectionSecret> = tx
            .query(format!(
                "SELECT * FROM connection_secrets WHERE kind = $1 AND connection_id IN {ids} ORDER BY id DESC"
            ))
            .bind(kind)
            .bind_all::<Value>(values)
            .all()
            .await?;
        secrets.extend(found);
    }
    Ok(secrets)
}
