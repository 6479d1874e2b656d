//! Change a lead.

use calbridge_core::{ids::UserId, scope::Scope};
use calbridge_store::{
    StoreError,
    leads::{self, Lead, LeadKeys},
    users,
};

use super::{
    create::update,
    edit::{LeadEdit, Statuses, UnknownStatus},
    find::by_any_id,
};
use crate::{app::App, edit::Edit};

/// Why a lead could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeLeadError {
    /// The tenant has no such lead.
    #[error("there is no lead {0}")]
    NotFound(String),
    /// The tenant's leads have no such status.
    #[error(transparent)]
    UnknownStatus(#[from] UnknownStatus),
    /// The tenant has no such user.
    #[error("there is no user {0}")]
    UnknownUser(UserId),
    /// The number is all that tells who the lead is.
    #[error("a lead without an e-mail address needs its phone number")]
    NeedsPhone,
    /// Another lead without an address has the number.
    #[error("another lead is known by this phone number")]
    PhoneTaken,
    /// The database did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChangeLeadError {
    fn from(error: StoreError) -> Self {
        match error {
            // The number is all about a lead that must be unique and can be changed.
            StoreError::Conflict => Self::PhoneTaken,
            other => Self::Store(other),
        }
    }
}

/// Change a lead, named by either of its ids.
pub async fn change(
    app: &App,
    scope: &Scope,
    any_id: &str,
    told: LeadEdit,
) -> Result<Lead, ChangeLeadError> {
    let now = app.clock.now();
    let not_found = || ChangeLeadError::NotFound(any_id.to_owned());
    let mut tx = app.store.write().await?;
    let id = by_any_id(&mut tx, scope, any_id)
        .await?
        .ok_or_else(not_found)?
        .id;
    let keys = LeadKeys {
        ids: vec![id],
        ..LeadKeys::default()
    };
    let before = leads::find_many_for_update(&mut tx, scope, &keys)
        .await?
        .pop()
        .ok_or_else(not_found)?;
    let statuses = Statuses::load(&mut tx, scope).await?;
    statuses.check(told.status.as_ref())?;
    if told.phone == Edit::Clear && before.email_key.is_none() {
        return Err(ChangeLeadError::NeedsPhone);
    }
    if let Edit::Set(user) = told.assigned_user_id {
        let users = users::list(&mut tx, scope).await?;
        if !users.iter().any(|known| known.id == user) {
            return Err(ChangeLeadError::UnknownUser(user));
        }
    }
    let after = update(&mut tx, scope, &statuses, before, told, now).await?;
    tx.commit().await?;
    Ok(after)
}
