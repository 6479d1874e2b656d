//! Who calls, and for which tenant.

use std::{sync::Arc, time::Duration};

use calbridge_core::{
    fingerprint,
    ids::TenantId,
    scope::{Actor, Permission, Scope},
};
use calbridge_store::{
    StoreError,
    api_keys::{self, ApiKey},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{PREFIX, known::KnownKey};
use crate::app::App;

/// The last use of a key is remembered to this.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Remembering may take this long; it is not what the caller came for.
const TOUCH_TIME: Duration = Duration::from_millis(200);

/// Longer than any key we make.
const LONGEST_KEY: usize = 200;

/// What a caller shows.
#[derive(Debug, Default)]
pub struct Claim {
    /// The key.
    pub key: Option<SecretString>,
    /// The tenant that the caller names.
    pub tenant: Option<TenantId>,
    /// Whether the call may come from the trusted network, if there is one.
    pub near: bool,
}

/// Why a call is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Nothing was shown.
    #[error("an API key is needed: send it as `Authorization: Bearer cb_...` or `X-Api-Key`")]
    Required,
    /// The key is unknown, expired or revoked.
    #[error("the API key is unknown, expired or revoked")]
    InvalidKey,
    /// The key belongs to another tenant.
    #[error("the API key does not belong to tenant {0}")]
    TenantMismatch(TenantId),
    /// There are several tenants and none was named.
    #[error("there are several tenants: name one in `X-Tenant-Id`")]
    TenantRequired,
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    UnknownTenant(TenantId),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The scope of a caller.
///
/// A key that is shown counts, also on the trusted network: a wrong one is refused there too.
pub async fn authenticate(app: &App, claim: Claim) -> Result<Scope, AuthenticateError> {
    match claim.key {
        Some(key) => by_key(app, &key, claim.tenant).await,
        None if app.config.access.trusted_network && claim.near => {
            by_network(app, claim.tenant).await
        }
        None => Err(AuthenticateError::Required),
    }
}

async fn by_key(
    app: &App,
    key: &SecretString,
    named: Option<TenantId>,
) -> Result<Scope, AuthenticateError> {
    let now = app.clock.now();
    let text = key.expose_secret();
    if !text.starts_with(PREFIX) || text.len() > LONGEST_KEY {
        return Err(AuthenticateError::InvalidKey);
    }
    let known = find(app, text, now).await?;
    let known = known
        .filter(|known| works(&known.key, now))
        .ok_or(AuthenticateError::InvalidKey)?;
    let key = &known.key;
    if let Some(named) = named.filter(|named| *named != key.tenant_id) {
        return Err(AuthenticateError::TenantMismatch(named));
    }
    if known.wants_touch(now, TOUCH_EVERY) {
        touch(app, key, now).await;
    }
    let actor = Actor::ApiKey {
        id: key.id,
        name: key.name.clone(),
    };
    Ok(Scope::authenticated(
        key.tenant_id,
        actor,
        key.permissions.0.clone(),
    ))
}

async fn find(app: &App, text: &str, now: Timestamp) -> Result<Option<Arc<KnownKey>>, StoreError> {
    let hash = fingerprint::of_bytes(text.as_bytes());
    let version = app.registry.current(&app.store, now).await.version();
    if let Some(known) = app.known_keys.find(&hash, version, now) {
        return Ok(Some(known));
    }
    let mut tx = app.store.read().await?;
    let found = api_keys::find_by_hash_in_all(&mut tx, &hash).await?;
    tx.rollback().await?;
    // Read after the version was: a key that was revoked meanwhile is remembered under a version that ends with that.
    Ok(found.map(|key| app.known_keys.remember(hash, key, version, now)))
}

fn works(key: &ApiKey, now: Timestamp) -> bool {
    key.revoked_at.is_none() && key.expires_at.is_none_or(|at| now < at)
}

/// Remember the use of a key. The call goes on whatever comes of it.
async fn touch(app: &App, key: &ApiKey, now: Timestamp) {
    let write = async {
        let mut tx = app.store.write().await?;
        api_keys::touch(&mut tx, key.id, now).await?;
        tx.commit().await
    };
    match tokio::time::timeout(TOUCH_TIME, write).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(api_key.id = %key.id, %error, "The use of a key was not remembered");
        }
        Err(_) => {
            tracing::debug!(api_key.id = %key.id, "The use of a key was not remembered in time");
        }
    }
}

async fn by_network(app: &App, named: Option<TenantId>) -> Result<Scope, AuthenticateError> {
    Ok(Scope::authenticated(
        tenant_of(app, named).await?,
        Actor::TrustedNetwork,
        Permission::ALL,
    ))
}

/// The scope of somebody unknown, who may only see what is public.
pub async fn visitor(app: &App, named: Option<TenantId>) -> Result<Scope, AuthenticateError> {
    let tenant = tenant_of(app, named).await?;
    Ok(Scope::authenticated(tenant, Actor::Visitor, []))
}

/// The tenant that is named, or the only one.
async fn tenant_of(app: &App, named: Option<TenantId>) -> Result<TenantId, AuthenticateError> {
    let now = app.clock.now();
    let mut snapshot = app.registry.current(&app.store, now).await;
    if named.is_some_and(|id| !snapshot.has_tenant(id)) {
        // Another process may have made it a moment ago.
        snapshot = app.registry.look_again(&app.store, now).await;
    }
    match named {
        Some(id) if snapshot.has_tenant(id) => Ok(id),
        Some(id) => Err(AuthenticateError::UnknownTenant(id)),
        None => snapshot
            .only_tenant()
            .ok_or(AuthenticateError::TenantRequired),
    }
}
