//! Tenants: the customer accounts of an installation, and the rules each one sets.

mod create;
mod settings;

pub use create::{CreateTenantError, create};
pub use settings::{SetSettingsError, parse_settings, set_settings, settings};

use calbridge_store::{
    StoreError,
    tenants::{self, Tenant},
};

use crate::app::App;

/// Every tenant of the installation: for its owner.
pub async fn list_all(app: &App) -> Result<Vec<Tenant>, StoreError> {
    let mut tx = app.store.read().await?;
    let tenants = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;
    Ok(tenants)
}
