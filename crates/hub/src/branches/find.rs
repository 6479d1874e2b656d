//! Find and list branches.

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError,
    branches::{self, Branch},
};

use crate::app::App;

/// Why a branch was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindBranchError {
    /// The tenant has no such branch.
    #[error("there is no branch {0}")]
    NotFound(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The branches of the tenant, oldest first.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
    let mut tx = app.store.read().await?;
    let all = branches::list(&mut tx, scope).await?;
    tx.rollback().await?;
    Ok(all)
}

/// The branch with this id, either of the two it has.
pub async fn find(app: &App, scope: &Scope, any_id: &str) -> Result<Branch, FindBranchError> {
    let mut tx = app.store.read().await?;
    let branch = branches::find(&mut tx, scope, any_id).await?;
    tx.rollback().await?;
    branch.ok_or_else(|| FindBranchError::NotFound(any_id.to_owned()))
}
