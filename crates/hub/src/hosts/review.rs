//! What a person decides about a provider's people.

use calbridge_core::{
    host::Why,
    ids::{HostMatchId, UserId},
    scope::Scope,
};
use calbridge_store::{
    Page, PageRequest, StoreError,
    audit::{self, Deed},
    event_type_hosts,
    host_matches::{self, HostMatch, MatchFilter, MatchState},
    users,
};
use serde_json::json;

use super::recognize::note_confirmed;
use crate::app::App;

/// Why a match could not be settled.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The tenant has no such match.
    #[error("there is no host match {0}")]
    NotFound(HostMatchId),
    /// The tenant has no such user.
    #[error("there is no user {0}")]
    UnknownUser(UserId),
    /// Nobody is suggested, and nobody was named.
    #[error("nobody is suggested: name the user in `user_id`")]
    Nobody,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A provider's people, newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    filter: &MatchFilter,
    page: PageRequest,
) -> Result<Page<HostMatch>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = host_matches::list(&mut tx, scope, filter, page).await?;
    tx.rollback().await?;
    Ok(found)
}

/// It is the user who was suggested, or the one who is named.
pub async fn confirm(
    app: &App,
    scope: &Scope,
    id: HostMatchId,
    named: Option<UserId>,
) -> Result<HostMatch, ReviewError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut row = host_matches::find_for_update(&mut tx, scope, id)
        .await?
        .ok_or(ReviewError::NotFound(id))?;
    let user_id = named.or(row.user_id).ok_or(ReviewError::Nobody)?;
    let users = users::list(&mut tx, scope).await?;
    if !users.iter().any(|user| user.id == user_id) {
        return Err(ReviewError::UnknownUser(user_id));
    }
    row.user_id = Some(user_id);
    row.state = MatchState::Confirmed;
    (row.why, row.confidence) = (Why::Chosen, Why::Chosen.confidence());
    row.updated_at = now;
    host_matches::put(&mut tx, std::slice::from_ref(&row)).await?;
    note_confirmed(&mut tx, scope, &row, &users, now).await?;
    event_type_hosts::link(&mut tx, scope, row.connection_id).await?;
    tx.commit().await?;
    Ok(row)
}

/// It is not the user who was suggested.
pub async fn reject(app: &App, scope: &Scope, id: HostMatchId) -> Result<HostMatch, ReviewError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut row = host_matches::find_for_update(&mut tx, scope, id)
        .await?
        .ok_or(ReviewError::NotFound(id))?;
    let before = json!({ "state": row.state.as_str(), "user_id": row.user_id });
    row.state = MatchState::Rejected;
    row.updated_at = now;
    host_matches::put(&mut tx, std::slice::from_ref(&row)).await?;
    event_type_hosts::link(&mut tx, scope, row.connection_id).await?;
    let deed = Deed::of(
        scope,
        "host_match.reject",
        "host_match",
        &row.provider_user_id,
    )
    .before(before)
    .after(json!({ "state": row.state.as_str() }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(row)
}
