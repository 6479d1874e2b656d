//! Complete a booking whose end has come: Calendly never says so, and Cal.com's word may get lost.

use calbridge_core::{
    change::{Cause, CauseRole, Change, Dated, Details, Identity, What},
    ids::BookingId,
    scope::Scope,
    state::Confirmation,
};
use calbridge_store::bookings;

use super::retell::apply_own;
use crate::{app::App, jobs::JobError};

/// Complete a booking, unless it changed meanwhile.
pub async fn complete(app: &App, scope: &Scope, id: BookingId) -> Result<(), JobError> {
    if !app.config.bookings.complete_after_end {
        return Ok(());
    }
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let booking = bookings::find(&mut tx, scope, id).await?;
    tx.rollback().await?;
    let Some(booking) = booking else {
        return Ok(());
    };
    let Some(ends_at) = booking.ends_at else {
        return Ok(());
    };
    if booking.status != "scheduled"
        || booking.confirmation != Confirmation::Confirmed
        || ends_at > now
    {
        return Ok(());
    }
    let change = Change {
        identity: Identity::default(),
        occurred_at: ends_at,
        dated: Dated::ByProvider,
        cause: Some(Cause {
            role: CauseRole::Timer,
            who: None,
        }),
        what: What::Completed,
        // A booking that has moved by the time this is told is not completed by it.
        details: Box::new(Details {
            start: booking.scheduled_at,
            end: Some(ends_at),
            ..Details::default()
        }),
    };
    Ok(apply_own(app, scope, &booking, vec![change]).await?)
}
