//! Make an API key.

use std::collections::BTreeSet;

use calbridge_core::{
    fingerprint,
    scope::{Permission, Scope},
};
use calbridge_store::{
    StoreError,
    api_keys::{self, ApiKey, NewApiKey, Permissions},
    audit::{self, Deed},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;

use super::PREFIX;
use crate::{app::App, secret};

/// Characters of a key that are kept in clear, to tell keys apart.
const HINT: usize = PREFIX.len() + 6;

/// Why a key could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// Its name is empty or too long.
    #[error("a key needs a name of 1 to 100 characters")]
    BadName,
    /// It could do nothing.
    #[error("a key needs at least one permission")]
    NoPermissions,
    /// It would never work.
    #[error("the key would have expired already")]
    AlreadyExpired,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Make a key. The second part of the answer is the key itself, which exists in clear nowhere else.
pub async fn create(
    app: &App,
    scope: &Scope,
    name: &str,
    permissions: BTreeSet<Permission>,
    expires_at: Option<Timestamp>,
) -> Result<(ApiKey, SecretString), CreateKeyError> {
    let now = app.clock.now();
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(CreateKeyError::BadName);
    }
    if permissions.is_empty() {
        return Err(CreateKeyError::NoPermissions);
    }
    if expires_at.is_some_and(|at| at <= now) {
        return Err(CreateKeyError::AlreadyExpired);
    }
    let key = format!("{PREFIX}{}", secret::token());
    let new = NewApiKey {
        name: name.to_owned(),
        hint: key.chars().take(HINT).collect(),
        key_hash: fingerprint::of_bytes(key.as_bytes()),
        permissions: Permissions(permissions),
        expires_at,
    };
    let mut tx = app.store.write().await?;
    let made = api_keys::create(&mut tx, scope, new, now).await?;
    let deed = Deed::of(scope, "api_key.create", "api_key", made.id).after(json!({
        "name": made.name,
        "hint": made.hint,
        "permissions": made.permissions.0,
        "expires_at": made.expires_at,
    }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok((made, SecretString::from(key)))
}
