//! Add, change and delete branches.

use calbridge_core::{ids::BranchId, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    branches::{self, Branch},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{app::App, edit::Edit};

/// A branch to be added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewBranch {
    /// Name, unique in the tenant.
    pub name: String,
    /// Everything else.
    pub told: BranchEdit,
}

/// What is told about a branch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BranchEdit {
    /// Name; `None` leaves it alone.
    pub name: Option<String>,
    /// IANA zone.
    pub time_zone: Edit<String>,
    /// Address.
    pub address: Edit<String>,
    /// Phone number.
    pub phone: Edit<String>,
    /// Whether it offers anything at present; `None` leaves it alone.
    pub is_active: Option<bool>,
}

/// Why a branch could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeBranchError {
    /// The tenant has no such branch.
    #[error("there is no branch {0}")]
    NotFound(String),
    /// The name is empty or too long.
    #[error("a branch needs a name of 1 to 200 characters")]
    BadName,
    /// Another branch has the name.
    #[error("there is a branch with that name already")]
    NameTaken,
    /// The database did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChangeBranchError {
    fn from(error: StoreError) -> Self {
        match error {
            // The name is all about a branch that must be unique and can be chosen.
            StoreError::Conflict => Self::NameTaken,
            other => Self::Store(other),
        }
    }
}

/// Add a branch.
pub async fn create(app: &App, scope: &Scope, new: NewBranch) -> Result<Branch, ChangeBranchError> {
    let now = app.clock.now();
    let branch = Branch {
        id: BranchId(0),
        public_id: Uuid::now_v7(),
        tenant_id: scope.tenant_id(),
        name: checked(&new.name)?,
        time_zone: None,
        address: None,
        phone: None,
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    let branch = apply(branch, new.told)?;
    let mut tx = app.store.write().await?;
    let branch = branches::create(&mut tx, &branch).await?;
    let deed = Deed::of(scope, "branch.create", "branch", branch.id).after(face(&branch));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(branch)
}

/// Change a branch, named by either of its ids.
pub async fn change(
    app: &App,
    scope: &Scope,
    any_id: &str,
    told: BranchEdit,
) -> Result<Branch, ChangeBranchError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let before = branches::find_for_update(&mut tx, scope, any_id)
        .await?
        .ok_or_else(|| ChangeBranchError::NotFound(any_id.to_owned()))?;
    let mut after = apply(before.clone(), told)?;
    if after != before {
        after.updated_at = now;
        branches::update(&mut tx, scope, &after).await?;
        let deed = Deed::of(scope, "branch.change", "branch", after.id)
            .before(face(&before))
            .after(face(&after));
        audit::append(&mut tx, vec![deed], now).await?;
        tx.commit().await?;
    }
    Ok(after)
}

/// Delete a branch, with what it offers. The event types stay.
pub async fn delete(app: &App, scope: &Scope, any_id: &str) -> Result<(), ChangeBranchError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let branch = branches::find_for_update(&mut tx, scope, any_id)
        .await?
        .ok_or_else(|| ChangeBranchError::NotFound(any_id.to_owned()))?;
    branches::delete(&mut tx, scope, branch.id).await?;
    let deed = Deed::of(scope, "branch.delete", "branch", branch.id).before(face(&branch));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(())
}

fn checked(name: &str) -> Result<String, ChangeBranchError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ChangeBranchError::BadName);
    }
    Ok(name.to_owned())
}

fn apply(mut branch: Branch, told: BranchEdit) -> Result<Branch, ChangeBranchError> {
    if let Some(name) = told.name {
        branch.name = checked(&name)?;
    }
    told.time_zone.apply(&mut branch.time_zone);
    told.address.apply(&mut branch.address);
    told.phone.apply(&mut branch.phone);
    branch.is_active = told.is_active.unwrap_or(branch.is_active);
    Ok(branch)
}

fn face(branch: &Branch) -> Value {
    json!({
        "name": branch.name,
        "time_zone": branch.time_zone,
        "address": branch.address,
        "phone": branch.phone,
        "is_active": branch.is_active,
    })
}
