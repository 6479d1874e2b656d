//! Find leads, and read what happened to them.

use calbridge_core::scope::Scope;
use calbridge_store::{
    Page, PageRequest, StoreError,
    activities::{self, Activity, TimelineOf},
    leads::{self, Lead, LeadFilter},
    sql::Tx,
};
use uuid::Uuid;

use crate::app::App;

/// Why a lead was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindLeadError {
    /// The tenant has no such lead.
    #[error("there is no lead {0}")]
    NotFound(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The lead with this id, either of the two it has.
pub async fn find(app: &App, scope: &Scope, any_id: &str) -> Result<Lead, FindLeadError> {
    let mut tx = app.store.read().await?;
    let lead = by_any_id(&mut tx, scope, any_id).await?;
    tx.rollback().await?;
    lead.ok_or_else(|| FindLeadError::NotFound(any_id.to_owned()))
}

/// Leads of the tenant, newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    filter: &LeadFilter,
    page: PageRequest,
) -> Result<Page<Lead>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = leads::list(&mut tx, scope, filter, page).await?;
    tx.rollback().await?;
    Ok(found)
}

/// What happened to a lead or in a booking, newest first.
pub async fn timeline(
    app: &App,
    scope: &Scope,
    of: TimelineOf,
    page: PageRequest,
) -> Result<Page<Activity>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = activities::timeline(&mut tx, scope, of, page).await?;
    tx.rollback().await?;
    Ok(found)
}

pub(super) async fn by_any_id(
    tx: &mut Tx,
    scope: &Scope,
    any_id: &str,
) -> Result<Option<Lead>, StoreError> {
    if let Ok(id) = any_id.parse() {
        leads::find(tx, scope, id).await
    } else if let Ok(public_id) = any_id.parse::<Uuid>() {
        leads::find_by_public_id(tx, scope, public_id).await
    } else {
        Ok(None)
    }
}
