//! Create a tenant.

use calbridge_core::scope::{Actor, Permission, Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    tenants::{self, Tenant},
};
use serde_json::json;

use crate::app::App;

/// Why a tenant could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateTenantError {
    /// Its name is empty or too long.
    #[error("a tenant needs a name of 1 to 100 characters")]
    BadName,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Create a tenant with the seeded lead statuses. There is no scope yet: only the installation's owner may.
pub async fn create(app: &App, actor: Actor, name: &str) -> Result<Tenant, CreateTenantError> {
    let now = app.clock.now();
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(CreateTenantError::BadName);
    }
    let mut tx = app.store.write().await?;
    let tenant = tenants::create(&mut tx, name, now).await?;
    let scope = Scope::authenticated(tenant.id, actor, Permission::ALL);
    let deed = Deed::of(&scope, "tenant.create", "tenant", tenant.id)
        .after(json!({ "name": tenant.name }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(tenant)
}
