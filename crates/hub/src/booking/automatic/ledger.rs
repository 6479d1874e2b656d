//! How far leads are, and beginning anew with one.

use calbridge_core::{ids::LeadId, lead::AutomaticState, scope::Scope};
use calbridge_store::{
    Page, PageRequest, StoreError,
    audit::{self, Deed},
    automatic_bookings::{self, AutomaticBookingRow},
};
use serde_json::json;

use crate::app::App;

/// Why a lead is not begun with anew.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// It was never begun with.
    #[error("lead {0} was never booked without being asked")]
    NotFound(LeadId),
    /// It goes on by itself, or is booked.
    #[error("lead {lead} is not stopped: it is {}", state.as_str())]
    NotStopped {
        /// The lead.
        lead: LeadId,
        /// Where it stands.
        state: AutomaticState,
    },
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far leads are, the newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    state: Option<AutomaticState>,
    page: PageRequest,
) -> Result<Page<AutomaticBookingRow>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = automatic_bookings::list(&mut tx, scope, state, page).await?;
    tx.rollback().await?;
    Ok(found)
}

/// Begin anew with a lead that was stopped: all its tries are before it again.
pub async fn restart(
    app: &App,
    scope: &Scope,
    lead: LeadId,
) -> Result<AutomaticBookingRow, RestartError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let before = automatic_bookings::find(&mut tx, scope, lead).await?;
    let before = before.ok_or(RestartError::NotFound(lead))?;
    let not_stopped = |state| RestartError::NotStopped { lead, state };
    if before.state != AutomaticState::Stopped {
        return Err(not_stopped(before.state));
    }
    let after = AutomaticBookingRow {
        state: AutomaticState::Waiting,
        attempts: 0,
        reason: None,
        next_attempt_at: Some(now),
        updated_at: now,
        ..before.clone()
    };
    if !automatic_bookings::write(&mut tx, scope, &before, &after, now).await? {
        return Err(not_stopped(AutomaticState::Waiting));
    }
    let deed = Deed::of(scope, "lead.restart_automatic_booking", "lead", lead)
        .before(json!({ "attempts": before.attempts, "reason": before.reason }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(after)
}
