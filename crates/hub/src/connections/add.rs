//! Add a connection.

use calbridge_core::{change::Canonical, provider::Provider, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connections::{self, ApiAccess, Connection, NewConnection, SecretKind, SignaturePolicy},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use crate::{agreement, app::App, inbox, secret};

/// What a new connection shall be.
#[derive(Debug)]
pub struct NewConnectionRequest {
    /// Provider.
    pub provider: Provider,
    /// Name, unique among the tenant's connections of the provider.
    pub name: String,
    /// What the provider signs deliveries with.
    pub webhook_secret: Option<SecretString>,
    /// What opens the provider's API.
    pub api_key: Option<SecretString>,
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

impl NewConnectionRequest {
    /// A connection with the defaults.
    pub fn new(provider: Provider, name: &str) -> Self {
        Self {
            provider,
            name: name.to_owned(),
            webhook_secret: None,
            api_key: None,
            signature_policy: SignaturePolicy::Required,
            wanted_events: None,
            creates_leads: true,
            calendly_user_uri: None,
            api: ApiAccess::default(),
        }
    }
}

/// Why a connection could not be added.
#[derive(Debug, thiserror::Error)]
pub enum AddConnectionError {
    /// Its name is empty or too long.
    #[error("a connection needs a name of 1 to 100 characters")]
    BadName,
    /// The tenant has one of that name.
    #[error("there is a {0} connection with that name already")]
    NameTaken(Provider),
    /// Policy `off` with a secret.
    #[error(
        "a connection with a webhook secret verifies it; leave the secret out to switch signatures off"
    )]
    SecretWithoutPolicy,
    /// A secret that is empty.
    #[error("the webhook secret is empty")]
    EmptySecret,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Add a connection. Quarantined deliveries that its secret verifies are taken in; with an API key, its history is read.
pub async fn add(
    app: &App,
    scope: &Scope,
    request: NewConnectionRequest,
) -> Result<Connection, AddConnectionError> {
    let now = app.clock.now();
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(AddConnectionError::BadName);
    }
    if request
        .webhook_secret
        .as_ref()
        .is_some_and(|secret| secret.expose_secret().is_empty())
    {
        return Err(AddConnectionError::EmptySecret);
    }
    if request.webhook_secret.is_some() && request.signature_policy == SignaturePolicy::Off {
        return Err(AddConnectionError::SecretWithoutPolicy);
    }
    let mut tx = app.store.write().await?;
    let taken = connections::find_by_name(&mut tx, scope, request.provider, name).await?;
    if taken.is_some() {
        return Err(AddConnectionError::NameTaken(request.provider));
    }
    let new = NewConnection {
        public_id: Uuid::now_v7(),
        provider: request.provider,
        name: name.to_owned(),
        hook_token: secret::token(),
        signature_policy: request.signature_policy,
        wanted_events: request.wanted_events,
        creates_leads: request.creates_leads,
        calendly_user_uri: request.calendly_user_uri,
        api: request.api,
    };
    let connection = connections::create(&mut tx, scope, new, now).await?;
    for (kind, secret) in [
        (SecretKind::Webhook, &request.webhook_secret),
        (SecretKind::ApiKey, &request.api_key),
    ] {
        if let Some(secret) = secret {
            connections::set_secret(
                &mut tx,
                app.store.keys(),
                &connection,
                kind,
                secret,
                now,
                now,
            )
            .await?;
        }
    }
    let deed = Deed::of(scope, "connection.add", "connection", connection.id).after(json!({
        "provider": connection.provider,
        "name": connection.name,
        "signature_policy": connection.signature_policy.as_str(),
        "webhook_secret": request.webhook_secret.is_some(),
        "api_key": request.api_key.is_some(),
    }));
    audit::append(&mut tx, vec![deed], now).await?;
    if request.api_key.is_some() && app.config.sync.history {
        agreement::begin_history(&mut tx, scope, &connection, now).await?;
    }
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    if request.webhook_secret.is_some() {
        inbox::take_in_quarantined(app, &connection).await?;
    }
    Ok(connection)
}
