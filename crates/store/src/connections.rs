//! Tables `connections` and `connection_secrets`.

use calbridge_core::{
    change::Canonical,
    ids::{ConnectionId, TenantId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    registry,
    secrets::{KeyRing, Sealed, SealedFor},
    sql::{Json, StoreError, Tx, Value, in_list},
    types::{row_type, stored_word},
};

/// Whether a delivery must be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignaturePolicy {
    /// Always; without a secret, only the connection's own URL takes deliveries.
    Required,
    /// Never, as somebody decided explicitly.
    Off,
}

impl SignaturePolicy {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Off => "off",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Required, Self::Off]
            .into_iter()
            .find(|policy| policy.as_str() == word)
    }
}

stored_word!(SignaturePolicy: SignaturePolicy::from_word);

row_type! {
    /// A tenant's authorized link to one provider account.
    Connection {
        /// Id.
        id: ConnectionId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Provider.
        provider: Provider,
        /// Name, unique per tenant and provider.
        name: String,
        /// The last part of the connection's own webhook path.
        hook_token: String,
        /// Whether a delivery must be signed.
        signature_policy: SignaturePolicy,
        /// Wanted events; `None` means all.
        wanted_events: Option<Json<Vec<Canonical>>>,
        /// Whether a booking of somebody unknown makes a lead.
        creates_leads: bool,
        /// Calendly's URI of the account's user.
        calendly_user_uri: Option<String>,
        /// When it was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
        /// When it was switched off.
        disabled_at: Option<Timestamp>,
    }
}

impl Connection {
    /// The recommended path for the provider's webhook.
    pub fn webhook_path(&self) -> String {
        format!("/hooks/{}", self.hook_token)
    }

    /// Whether the tenant wants this event applied.
    pub fn wants(&self, event: Canonical) -> bool {
        self.wanted_events
            .as_ref()
            .is_none_or(|Json(wanted)| wanted.contains(&event))
    }
}

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Id for interfaces that promise a UUID.
    pub public_id: Uuid,
    /// Provider.
    pub provider: Provider,
    /// Name.
    pub name: String,
    /// The last part of its own webhook path.
    pub hook_token: String,
    /// Whether a delivery must be signed.
    pub signature_policy: SignaturePolicy,
    /// Wanted events; `None` means all.
    pub wanted_events: Option<Vec<Canonical>>,
    /// Whether a booking of somebody unknown makes a lead.
    pub creates_leads: bool,
    /// Calendly's URI of the account's user.
    pub calendly_user_uri: Option<String>,
}

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

fn sealed_for(tenant_id: TenantId, connection: &str) -> SealedFor<'_> {
    SealedFor {
        tenant_id: tenant_id.0,
        table: "connection_secrets",
        row: connection,
    }
}

/// Make a connection.
pub async fn create(
    tx: &mut Tx,
    scope: &Scope,
    new: NewConnection,
    now: Timestamp,
) -> Result<Connection, StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "INSERT INTO connections (public_id, tenant_id, provider, name, hook_token, signature_policy, wanted_events,
             creates_leads, calendly_user_uri, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING *",
    )
    .bind(new.public_id)
    .bind(scope.tenant_id())
    .bind(new.provider)
    .bind(new.name)
    .bind(new.hook_token)
    .bind(new.signature_policy)
    .bind(new.wanted_events.map(Json))
    .bind(new.creates_leads)
    .bind(new.calendly_user_uri)
    .bind(now)
    .one()
    .await
}

/// The connection, if the tenant has it.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    id: ConnectionId,
) -> Result<Option<Connection>, StoreError> {
    tx.query("SELECT * FROM connections WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await
}

/// The tenant's connection of that name.
pub async fn find_by_name(
    tx: &mut Tx,
    scope: &Scope,
    provider: Provider,
    name: &str,
) -> Result<Option<Connection>, StoreError> {
    tx.query("SELECT * FROM connections WHERE tenant_id = $1 AND provider = $2 AND name = $3")
        .bind(scope.tenant_id())
        .bind(provider)
        .bind(name)
        .optional()
        .await
}

/// The connections of a tenant.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<Connection>, StoreError> {
    tx.query("SELECT * FROM connections WHERE tenant_id = $1 ORDER BY id")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// The connections of every tenant that are not switched off: a delivery tells its tenant only by its connection.
pub async fn list_enabled_of_all_tenants(tx: &mut Tx) -> Result<Vec<Connection>, StoreError> {
    tx.query("SELECT * FROM connections WHERE disabled_at IS NULL ORDER BY id")
        .all()
        .await
}

/// Change what can be changed; `None` when the tenant has no such connection.
pub async fn update(
    tx: &mut Tx,
    scope: &Scope,
    connection: &Connection,
    now: Timestamp,
) -> Result<Option<Connection>, StoreError> {
    registry::raise_version(tx).await?;
    tx.query(
        "UPDATE connections SET name = $3, signature_policy = $4, wanted_events = $5, creates_leads = $6,
             calendly_user_uri = $7, disabled_at = $8, updated_at = $9
         WHERE tenant_id = $1 AND id = $2 RETURNING *",
    )
    .bind(scope.tenant_id())
    .bind(connection.id)
    .bind(&connection.name)
    .bind(connection.signature_policy)
    .bind(connection.wanted_events.clone())
    .bind(connection.creates_leads)
    .bind(&connection.calendly_user_uri)
    .bind(connection.disabled_at)
    .bind(now)
    .optional()
    .await
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
    let sealed = keys
        .seal(
            secret,
            &sealed_for(connection.tenant_id, &connection.id.to_string()),
        )
        .map_err(|error| StoreError::Bug(Box::new(error)))?;
    tx.query(
        "INSERT INTO connection_secrets (tenant_id, connection_id, kind, sealed, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(connection.tenant_id)
    .bind(connection.id)
    .bind(kind)
    .bind(sealed)
    .bind(now)
    .execute()
    .await?;
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
