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
    connection_secrets, registry,
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
        /// Base URL of the API; `None`: that of the settings.
        api_url: Option<String>,
        /// Which versions of the API the server speaks; `None`: not known yet.
        api_profile: Option<String>,
        /// The provider's id of the event type for bookings that name none.
        default_event_type_id: Option<String>,
        /// The provider's organization that it works in.
        organization_id: Option<i64>,
        /// The provider's team that it works in.
        team_id: Option<i64>,
        /// That team's slug.
        team_slug: Option<String>,
        /// Requests to the provider in a minute; `None`: those of the settings.
        requests_per_minute: Option<i32>,
        /// Requests to the provider at once; `None`: those of the settings.
        requests_at_once: Option<i32>,
        /// The account that the API key belongs to, as the provider said last.
        account_id: Option<String>,
        /// Its name.
        account_name: Option<String>,
        /// Its IANA zone.
        account_time_zone: Option<String>,
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

/// How the provider's API is reached. The default is as the settings say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApiAccess {
    /// Base URL of the API.
    pub api_url: Option<String>,
    /// Which versions of the API the server speaks.
    pub api_profile: Option<String>,
    /// The provider's id of the event type for bookings that name none.
    pub default_event_type_id: Option<String>,
    /// The provider's organization.
    pub organization_id: Option<i64>,
    /// The provider's team.
    pub team_id: Option<i64>,
    /// That team's slug.
    pub team_slug: Option<String>,
    /// Requests in a minute.
    pub requests_per_minute: Option<i32>,
    /// Requests at once.
    pub requests_at_once: Option<i32>,
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
    /// How the provider's API is reached.
    pub api: ApiAccess,
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

pub(crate) fn sealed_for(tenant_id: TenantId, connection: &str) -> SealedFor<'_> {
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
             creates_leads, calendly_user_uri, created_at, updated_at, api_url, api_profile, default_event_type_id,
             organization_id, team_id, team_slug, requests_per_minute, requests_at_once)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING *",
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
    .bind(new.api.api_url)
    .bind(new.api.api_profile)
    .bind(new.api.default_event_type_id)
    .bind(new.api.organization_id)
    .bind(new.api.team_id)
    .bind(new.api.team_slug)
    .bind(new.api.requests_per_minute)
    .bind(new.api.requests_at_once)
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
             calendly_user_uri = $7, disabled_at = $8, updated_at = $9, api_url = $10, api_profile = $11,
             default_event_type_id = $12, organization_id = $13, team_id = $14, team_slug = $15,
             requests_per_minute = $16, requests_at_once = $17, account_id = $18, account_name = $19,
             account_time_zone = $20
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
    .bind(&connection.api_url)
    .bind(&connection.api_profile)
    .bind(&connection.default_event_type_id)
    .bind(connection.organization_id)
    .bind(connection.team_id)
    .bind(&connection.team_slug)
    .bind(connection.requests_per_minute)
    .bind(connection.requests_at_once)
    .bind(&connection.account_id)
    .bind(&connection.account_name)
    .bind(&connection.account_time_zone)
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

/// The connections of every tenant that have a secret of a kind which is to stay.
pub async fn list_ids_with_secret_of_all_tenants(
    tx: &mut Tx,
    kind: SecretKind,
) -> Result<Vec<ConnectionId>, StoreError> {
    let found: Vec<(ConnectionId,)> = tx
        .query(
            "SELECT DISTINCT connection_id FROM connection_secrets WHERE kind = $1 AND retires_at IS NULL",
        )
        .bind(kind)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
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

#[cfg(test)]
mod tests {
    use calbridge_core::provider::Provider;

    use super::*;
    use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

    fn second(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    each_engine! {
        async fn how_the_api_is_reached_is_kept(store: Store) -> Result<(), BoxError> {
            let (scope, made) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            assert_eq!(made.api_url.as_deref(), Some("https://api.example.org/v2"));
            assert_eq!((made.requests_per_minute, made.requests_at_once), (Some(60), None));
            let changed = Connection {
                api_url: None,
                api_profile: Some("classic".to_owned()),
                default_event_type_id: Some("7".to_owned()),
                organization_id: Some(1),
                team_id: Some(2),
                team_slug: Some("sales".to_owned()),
                requests_per_minute: None,
                requests_at_once: Some(20),
                account_id: Some("3".to_owned()),
                account_name: Some("Ann".to_owned()),
                account_time_zone: Some("Europe/Berlin".to_owned()),
                updated_at: second(1),
                ..made
            };
            let mut tx = store.write().await?;
            assert_eq!(update(&mut tx, &scope, &changed, second(1)).await?, Some(changed.clone()));
            assert_eq!(find(&mut tx, &scope, changed.id).await?, Some(changed));
            Ok(())
        }

        async fn a_connection_has_a_key_when_one_is_set(store: Store) -> Result<(), BoxError> {
            let (_, connection) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let mut tx = store.write().await?;
            for (kind, expected) in [(SecretKind::Webhook, vec![]), (SecretKind::ApiKey, vec![connection.id])] {
                let secret = SecretString::from("cal_test");
                set_secret(&mut tx, store.keys(), &connection, kind, &secret, second(0), second(0)).await?;
                assert_eq!(list_ids_with_secret_of_all_tenants(&mut tx, SecretKind::ApiKey).await?, expected);
            }
            Ok(())
        }
    }
}
