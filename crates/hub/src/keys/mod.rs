//! API keys: made, listed, revoked, and checked on every call.

mod authenticate;
mod create;
mod known;
mod revoke;

pub use authenticate::{AuthenticateError, Claim, authenticate, visitor};
pub use create::{CreateKeyError, create};
pub use known::KnownKeys;
pub use revoke::{RevokeKeyError, revoke};

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError,
    api_keys::{self, ApiKey},
};

use crate::app::App;

/// What every key begins with, so that people and scanners recognize one.
pub const PREFIX: &str = "cb_";

/// The keys of the tenant, without the keys themselves.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<ApiKey>, StoreError> {
    let mut tx = app.store.read().await?;
    let keys = api_keys::list(&mut tx, scope).await?;
    tx.rollback().await?;
    Ok(keys)
}
