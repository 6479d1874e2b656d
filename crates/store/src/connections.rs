//! Table `connections`; their secrets are in a table of their own.

mod secret;
#[cfg(test)]
mod tests;

pub(crate) use self::secret::sealed_for;
pub use self::secret::{
    ConnectionSecret, SecretKind, list_secrets, list_secrets_of_all_tenants, set_secret,
};

use calbridge_core::{
    change::Canonical,
    ids::{ConnectionId, TenantId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    registry,
    sql::{Json, StoreError, Tx},
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
