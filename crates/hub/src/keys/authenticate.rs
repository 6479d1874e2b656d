//! Who calls, and for which tenant.

use std::time::Duration;

use calbridge_core::{
    fingerprint,
    ids::TenantId,
    scope::{Actor, Permission, Scope},
};
use calbridge_store::{
    StoreError,
    api_keys::{self, ApiKey},
    tenants,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::PREFIX;
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
    let mut tx = app.store.read().await?;
    let found =
        api_keys::find_by_hash_in_all(&mut tx, &fingerprint::of_bytes(text.as_bytes())).await?;
    tx.rollback().await?;
    let key = found
        .filter(|key| works(key, now))
        .ok_or(AuthenticateError::InvalidKey)?;
    if let Some(named) = named.filter(|named| *named != key.tenant_id) {
        return Err(AuthenticateError::TenantMismatch(named));
    }
    touch(app, &key, now).await;
    let actor = Actor::ApiKey {
        id: key.id,
        name: key.name,
    };
    Ok(Scope::authenticated(
        key.tenant_id,
        actor,
        key.permissions.0,
    ))
}

fn works(key: &ApiKey, now: Timestamp) -> bool {
    key.revoked_at.is_none() && key.expires_at.is_none_or(|at| now < at)
}

/// Remember the use of a key, unless that was done a moment ago. The call goes on whatever comes of it.
async fn touch(app: &App, key: &ApiKey, now: Timestamp) {
    let recent = |at: Timestamp| now.duration_since(at).abs() < TOUCH_EVERY;
    if key.last_used_at.is_some_and(recent) {
        return;
    }
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
    let mut tx = app.store.read().await?;
    let tenant = if let Some(id) = named {
        tenants::find(&mut tx, id)
            .await?
            .ok_or(AuthenticateError::UnknownTenant(id))?
    } else {
        let mut all = tenants::list_all(&mut tx).await?;
        all.pop()
            .filter(|_| all.is_empty())
            .ok_or(AuthenticateError::TenantRequired)?
    };
    tx.rollback().await?;
    Ok(Scope::authenticated(
        tenant.id,
        Actor::TrustedNetwork,
        Permission::ALL,
    ))
}
