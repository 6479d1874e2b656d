//! Revoke an API key.

use calbridge_core::{ids::ApiKeyId, scope::Scope};
use calbridge_store::{
    StoreError,
    api_keys::{self, ApiKey},
    audit::{self, Deed},
};
use serde_json::json;

use crate::app::App;

/// Why a key could not be revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeKeyError {
    /// The tenant has no such key.
    #[error("there is no API key {0}")]
    NotFound(ApiKeyId),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Revoke a key: from now on it opens nothing. A key that was revoked before stays as it is.
pub async fn revoke(app: &App, scope: &Scope, id: ApiKeyId) -> Result<ApiKey, RevokeKeyError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let revoked = api_keys::revoke(&mut tx, scope, id, now)
        .await?
        .ok_or(RevokeKeyError::NotFound(id))?;
    let deed = Deed::of(scope, "api_key.revoke", "api_key", id)
        .after(json!({ "name": revoked.name, "revoked_at": revoked.revoked_at }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(revoked)
}
